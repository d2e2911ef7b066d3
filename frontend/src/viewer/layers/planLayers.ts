/** The layers of a plan in one viewer: what was asked for, loaded once, drawn in every pane. */

import { isAbort, reasonOf } from "../api";
import type { LoadedSeries, SeriesRoots } from "../loadedSeries";
import type { Pane } from "../pane";
import { createStore, type Store } from "../store";
import type { ViewerDose, ViewerFollowup, ViewerPlanning, ViewerSeries } from "../types";
import { onceArrived } from "./arriving";
import { type Drawing, makeDrawing } from "./drawing";
import {
  drawCompanion,
  drawCursor,
  drawLayers,
  type LayerVolumes,
  type ShownStructure,
} from "./drawLayers";
import { boundedRate, makeFlicker, pressed, startOf } from "./flicker";
import { type FollowLayers, makeFollowLayers } from "./followLayers";
import { type FurtherImage, makeFurtherImages } from "./furtherImages";
import { carriedWindow, scaledTo, usualRange } from "./intensity";
import { fetchDose, fetchImage, fetchMap, fetchStructures } from "./layerSources";
import {
  chosenDose,
  INITIAL_LAYERS,
  type LayerStatus,
  type LayersState,
  NOT_LOADED,
  nextFusion,
} from "./layerState";
import type { PlanCanvas } from "./planCanvas";
import type { ScalarVolume } from "./resample";
import { maskOf, type Structure } from "./structures";

/** What the layers are asked to show: the plan's own sources and the series of the study. */
export interface LayersRequest {
  readonly planning: ViewerPlanning;
  readonly followup: ViewerFollowup | null;
  readonly series: readonly ViewerSeries[];
}

export interface PlanLayers {
  readonly state: Store<LayersState>;
  readonly drawing: Drawing;
  readonly follow: FollowLayers;
  /** A structure filled, by its number. */
  readonly maskOf: (structure: number) => ScalarVolume | null;
  /** Null takes every layer away. */
  readonly setRequest: (request: LayersRequest | null) => void;
  readonly change: (patch: Partial<LayersState>) => void;
  readonly cycleFusion: () => void;
  /** Begins to flicker, then holds and goes on by turns. */
  readonly pressFlicker: () => void;
  readonly drawIn: (pane: Pane) => void;
  /** The pointer moved over a view: a lens or the cursor of the other view follows it. */
  readonly followPointer: (pane: Pane) => void;
  /** A view beside the active pane, or null where it goes: of the second image, or of a further
   * one. */
  readonly setTwin: (canvas: PlanCanvas | null, furtherUid: string | null) => void;
  readonly companionSeries: () => ViewerSeries | null;
  readonly seriesOf: (uid: string) => ViewerSeries | null;
  /** Both images have values in HU, or are two MR of a follow-up: they can be subtracted. */
  readonly hasDifference: () => boolean;
  /** They have no unit, so that each is scaled to its own values first. */
  readonly isScaled: () => boolean;
  readonly destroy: () => void;
}

export interface LayersHost {
  readonly loaded: () => LoadedSeries | null;
  /** The window of the shown image, real units. */
  readonly window: () => { readonly lower: number; readonly upper: number } | null;
  /** All voxels of the shown image have come. */
  readonly isComplete: () => boolean;
  readonly redraw: () => void;
}

const CT_WINDOW = { lower: -160, upper: 240 };

type StatusKey = "dose" | "structuresStatus" | "companion" | "uncertainty";

/** The choices that bring a layer. */
const CHOSEN_BY: Record<StatusKey, readonly (keyof LayersState)[]> = {
  dose: ["doseKey", "isWashShown"],
  structuresStatus: ["areStructuresShown"],
  companion: ["companionUid", "fusion", "isBeside"],
  uncertainty: ["isUncertaintyShown"],
};

export function makePlanLayers(roots: SeriesRoots, host: LayersHost): PlanLayers {
  const state = createStore<LayersState>(INITIAL_LAYERS);
  const drawing = makeDrawing(host.loaded, host.redraw);
  const abort = new AbortController();
  const images = new Map<string, Promise<ScalarVolume>>();
  const doses = new Map<string, Promise<ScalarVolume>>();
  let request: LayersRequest | null = null;
  let lastWanted: string | null = null;
  let twin: PlanCanvas | null = null;
  let dose: { dose: ViewerDose; volume: ScalarVolume } | null = null;
  let structures: readonly ShownStructure[] = [];
  let companion: FurtherImage | null = null;
  let band: { lower: ScalarVolume; upper: ScalarVolume } | null = null;

  const flicker = makeFlicker(state, host.redraw);

  const find = (uid: string | null) =>
    request?.series.find((one) => one.series_uid === uid) ?? null;

  const volumeOf = (series: ViewerSeries, fetching: typeof fetchImage) => {
    const known = images.get(series.series_uid);
    if (known !== undefined) return known;
    const asked = onceArrived(() => fetching(series, roots, abort.signal), abort.signal);
    images.set(series.series_uid, asked);
    // A failed request may be made again.
    asked.catch(() => images.delete(series.series_uid));
    return asked;
  };
  const image = (series: ViewerSeries) => volumeOf(series, fetchImage);
  const map = (series: ViewerSeries) => volumeOf(series, fetchMap);

  const follow = makeFollowLayers(roots, abort.signal, map, host.redraw);
  const further = makeFurtherImages({
    state,
    find,
    image,
    isOver: () => abort.signal.aborted,
    redraw: host.redraw,
  });

  /** What each layer was last asked to be; null where it was not wanted. */
  const asked: Record<StatusKey, string | null> = {
    dose: null,
    structuresStatus: null,
    companion: null,
    uncertainty: null,
  };

  /** Whether this is another wish than the last: the same is not asked for again. */
  const askFor = (layer: StatusKey, key: string | null) => {
    if (asked[layer] === key) return false;
    asked[layer] = key;
    return true;
  };

  /** Loads one layer and says how it goes; an answer that nobody wants any more is dropped. */
  const load = async <T>(
    layer: StatusKey,
    key: string,
    reading: Promise<T>,
    take: (loaded: T) => void,
  ) => {
    const isWanted = () => !abort.signal.aborted && asked[layer] === key;
    const say = (status: LayerStatus) => state.set({ [layer]: status });
    say({ status: "loading", failure: null });
    try {
      const loaded = await reading;
      if (!isWanted()) return;
      take(loaded);
      say({ status: "ready", failure: null });
      host.redraw();
    } catch (error) {
      if (!isAbort(error) && isWanted()) say({ status: "failed", failure: reasonOf(error) });
    }
  };

  const loadDose = () => {
    const wanted = chosenDose(request?.planning.doses ?? [], state.get().doseKey);
    if (!askFor("dose", wanted?.url ?? null)) return;
    dose = null;
    state.set({ dose: NOT_LOADED, doseKey: wanted?.key ?? null });
    if (wanted === undefined) return;
    const reading = doses.get(wanted.url) ?? fetchDose(wanted, abort.signal);
    doses.set(wanted.url, reading);
    reading.catch(() => doses.delete(wanted.url));
    void load("dose", wanted.url, reading, (volume) => {
      dose = { dose: wanted, volume };
    });
  };

  const loadStructures = () => {
    const series = find(request?.planning.structuresSeriesUid ?? null);
    if (!askFor("structuresStatus", series?.series_uid ?? null)) return;
    structures = [];
    state.set({ structures: [], structuresStatus: NOT_LOADED, hiddenStructures: new Set() });
    if (series === null) return;
    const reading = fetchStructures(series, roots, abort.signal);
    void load("structuresStatus", series.series_uid, reading, (read) => {
      structures = read.map((structure) => ({ structure, mask: onceMask(structure) }));
      state.set({ structures: read });
    });
  };

  const loadCompanion = () => {
    const { fusion, isBeside, companionUid } = state.get();
    const series = fusion === "off" && !isBeside ? null : find(companionUid);
    // What has come stays for the next time that it is looked at.
    if (series === null && companion?.series.series_uid === companionUid) return;
    if (!askFor("companion", series?.series_uid ?? null)) return;
    companion = null;
    state.set({ companion: NOT_LOADED });
    if (series === null) return;
    void load("companion", series.series_uid, image(series), (volume) => {
      companion = { series, volume };
    });
  };

  const loadBand = () => {
    const lower = find(request?.planning.lowerSeriesUid ?? null);
    const upper = find(request?.planning.upperSeriesUid ?? null);
    const isWanted = lower !== null && upper !== null && state.get().isUncertaintyShown;
    const key = isWanted ? `${lower.series_uid} ${upper.series_uid}` : null;
    if (!askFor("uncertainty", key)) return;
    band = null;
    state.set({ uncertainty: NOT_LOADED });
    if (!isWanted || key === null) return;
    void load("uncertainty", key, Promise.all([map(lower), map(upper)]), ([low, high]) => {
      band = { lower: low, upper: high };
    });
  };

  const hasDifference = () => {
    const modality = host.loaded()?.modality;
    if (find(state.get().companionUid)?.modality !== modality) return false;
    return modality === "CT" || (request?.followup ?? null) !== null;
  };

  const loadAll = () => {
    loadDose();
    loadStructures();
    loadCompanion();
    loadBand();
    further.follow();
  };

  const volumes = (second = companion): LayerVolumes => ({
    base: baseOf(host.loaded()),
    companion: second?.volume ?? null,
    companionWindow: second === null ? null : windowOf(second, host),
    scaled: second === null ? null : scaledPair(second, host),
    lower: band?.lower ?? null,
    upper: band?.upper ?? null,
    dose,
    structures,
  });

  const drawIn = (pane: Pane) => {
    if (request === null || pane.id === "stack") {
      pane.plan.draw(null, null);
      return;
    }
    const view = pane.view();
    const shown = volumes();
    const chosen = state.get();
    const isVoid = chosen.fusion === "difference" && !hasDifference();
    const look: LayersState = isVoid ? { ...chosen, fusion: "off" } : chosen;
    const beside = twin;
    pane.plan.draw(view, (scene) => {
      drawLayers(scene, shown, look);
      follow.draw(scene);
      drawing.draw(scene);
      drawCursor(scene, beside?.pointer() ?? null);
    });
    beside?.draw(view, (scene) => {
      drawCompanion(scene, shown, look);
      follow.draw(scene);
      drawing.draw(scene);
      drawCursor(scene, pane.plan.pointer());
    });
    for (const { canvas, image: another } of further.views()) {
      canvas.draw(view, (scene) => {
        if (another !== null) drawCompanion(scene, volumes(another), look);
        drawing.draw(scene);
        drawCursor(scene, pane.plan.pointer());
      });
    }
  };

  const change = (patch: Partial<LayersState>) => {
    // A failed layer is asked for again when a person turns to it.
    for (const [layer, chosenBy] of Object.entries(CHOSEN_BY) as [StatusKey, string[]][]) {
      const isChosen = chosenBy.some((key) => key in patch);
      if (isChosen && state.get()[layer].status === "failed") asked[layer] = null;
    }
    const start = patch.fusion === undefined ? {} : startOf(patch.fusion);
    const rate =
      patch.flickerRate === undefined ? {} : { flickerRate: boundedRate(patch.flickerRate) };
    state.set({ ...start, ...patch, ...rate });
    flicker.follow();
    loadAll();
    host.redraw();
  };

  return {
    state,
    drawing,
    follow,
    maskOf: (number) => structures.find((one) => one.structure.number === number)?.mask() ?? null,
    setRequest: (next) => {
      const { companionUid } = state.get();
      request = next;
      const wanted = next?.planning.companionSeriesUid ?? null;
      // What a run has just made of two visits is what one wants to see.
      const isNews = next?.followup != null && wanted !== lastWanted;
      lastWanted = wanted;
      // A new image may be the one that the old was compared with.
      const isOffered = next?.planning.companionUids.includes(companionUid ?? "") ?? false;
      if (!isOffered || isNews) state.set({ companionUid: wanted, companion: NOT_LOADED });
      const offered = next?.planning.companionUids ?? [];
      const kept = state.get().furtherUids.filter((uid) => offered.includes(uid));
      state.set({ furtherUids: kept.filter((uid) => uid !== state.get().companionUid) });
      const { followup = null, series = [] } = next ?? {};
      follow.setRequest(followup === null ? null : { followup, series });
      loadAll();
      host.redraw();
    },
    change,
    cycleFusion: () => change({ fusion: nextFusion(state.get().fusion, hasDifference()) }),
    pressFlicker: () => {
      if (state.get().companionUid !== null) change(pressed(state.get()));
    },
    hasDifference,
    isScaled: () => hasDifference() && host.loaded()?.modality === "MR",
    companionSeries: () => find(state.get().companionUid),
    seriesOf: find,
    drawIn,
    followPointer: (pane) => {
      const { fusion, isBeside } = state.get();
      if (fusion === "spyglass" || isBeside) drawIn(pane);
    },
    setTwin: (canvas, furtherUid) => {
      if (furtherUid !== null) further.setCanvas(furtherUid, canvas);
      else twin = canvas;
      host.redraw();
    },
    destroy: () => {
      flicker.stop();
      abort.abort();
    },
  };
}

function onceMask(structure: Structure): () => ScalarVolume | null {
  let mask: ScalarVolume | null | undefined;
  return () => {
    if (mask === undefined) mask = maskOf(structure);
    return mask;
  };
}

function baseOf(loaded: LoadedSeries | null): ScalarVolume | null {
  if (loaded?.volume == null) return null;
  const { voxels, geometry } = loaded.volume;
  return { grid: geometry, values: voxels, ...loaded.rescale() };
}

/** The usual values of the shown MR and of another; null where there is no such pair. */
function mrPair({ series, volume }: FurtherImage, host: LayersHost) {
  const base = host.loaded()?.modality === "MR" ? baseOf(host.loaded()) : null;
  if (base === null || series.modality !== "MR" || !host.isComplete()) return null;
  const [from, to] = [usualRange(base), usualRange(volume)];
  return from === null || to === null ? null : { base, from, to };
}

/** Two CT are compared under one window, two MR under the same share of their values. */
function windowOf(companion: FurtherImage, host: LayersHost) {
  const { series, volume } = companion;
  const own = host.window();
  const pair = mrPair(companion, host);
  if (pair !== null && own !== null) return carriedWindow(own, pair.from, pair.to);
  if (series.modality === "CT") return host.loaded()?.modality === "CT" ? own : CT_WINDOW;
  return usualRange(volume);
}

function scaledPair(companion: FurtherImage, host: LayersHost) {
  const pair = mrPair(companion, host);
  if (pair === null) return null;
  const { base, from, to } = pair;
  return { first: scaledTo(base, from), second: scaledTo(companion.volume, to) };
}
