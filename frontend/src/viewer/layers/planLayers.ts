/** The layers of a plan in one viewer: what was asked for, loaded once, drawn in every pane. */

import { isAbort, reasonOf } from "../api";
import type { LoadedSeries, SeriesRoots } from "../loadedSeries";
import type { Pane } from "../pane";
import { createStore, type Store } from "../store";
import type { ViewerDose, ViewerPlanning, ViewerSeries } from "../types";
import { percentileRange } from "../windowing";
import { type Drawing, makeDrawing } from "./drawing";
import {
  drawCompanion,
  drawCursor,
  drawLayers,
  type LayerVolumes,
  type ShownStructure,
} from "./drawLayers";
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
  readonly series: readonly ViewerSeries[];
}

export interface PlanLayers {
  readonly state: Store<LayersState>;
  readonly drawing: Drawing;
  /** A structure filled, by its number. */
  readonly maskOf: (structure: number) => ScalarVolume | null;
  /** Null takes every layer away. */
  readonly setRequest: (request: LayersRequest | null) => void;
  readonly change: (patch: Partial<LayersState>) => void;
  readonly cycleFusion: () => void;
  readonly drawIn: (pane: Pane) => void;
  /** The pointer moved over a view: a lens or the cursor of the other view follows it. */
  readonly followPointer: (pane: Pane) => void;
  /** The view beside the active pane, or null where it goes. */
  readonly setTwin: (canvas: PlanCanvas | null) => void;
  readonly companionSeries: () => ViewerSeries | null;
  /** Both images have values in HU, which can be subtracted. */
  readonly hasDifference: () => boolean;
  readonly destroy: () => void;
}

export interface LayersHost {
  readonly loaded: () => LoadedSeries | null;
  /** The window of the shown image, real units. */
  readonly window: () => { readonly lower: number; readonly upper: number } | null;
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
  let twin: PlanCanvas | null = null;
  let dose: { dose: ViewerDose; volume: ScalarVolume } | null = null;
  let structures: readonly ShownStructure[] = [];
  let companion: { series: ViewerSeries; volume: ScalarVolume } | null = null;
  let band: { lower: ScalarVolume; upper: ScalarVolume } | null = null;

  const find = (uid: string | null) =>
    request?.series.find((one) => one.series_uid === uid) ?? null;

  const volumeOf = (series: ViewerSeries, fetching: typeof fetchImage) => {
    const known = images.get(series.series_uid);
    if (known !== undefined) return known;
    const asked = fetching(series, roots, abort.signal);
    images.set(series.series_uid, asked);
    // A failed request may be made again.
    asked.catch(() => images.delete(series.series_uid));
    return asked;
  };
  const image = (series: ViewerSeries) => volumeOf(series, fetchImage);
  const map = (series: ViewerSeries) => volumeOf(series, fetchMap);

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

  const hasDifference = () =>
    find(state.get().companionUid)?.modality === "CT" && host.loaded()?.modality === "CT";

  const loadAll = () => {
    loadDose();
    loadStructures();
    loadCompanion();
    loadBand();
  };

  const volumes = (): LayerVolumes => ({
    base: baseOf(host.loaded()),
    companion: companion?.volume ?? null,
    companionWindow: companion === null ? null : windowOf(companion, host),
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
      drawing.draw(scene);
      drawCursor(scene, beside?.pointer() ?? null);
    });
    beside?.draw(view, (scene) => {
      drawCompanion(scene, shown, look);
      drawing.draw(scene);
      drawCursor(scene, pane.plan.pointer());
    });
  };

  return {
    state,
    drawing,
    maskOf: (number) => structures.find((one) => one.structure.number === number)?.mask() ?? null,
    setRequest: (next) => {
      const { companionUid } = state.get();
      request = next;
      const wanted = next?.planning.companionSeriesUid ?? null;
      // A new image may be the one that the old was compared with.
      const isOffered = next?.planning.companionUids.includes(companionUid ?? "") ?? false;
      if (!isOffered) state.set({ companionUid: wanted, companion: NOT_LOADED });
      loadAll();
      host.redraw();
    },
    change: (patch) => {
      // A failed layer is asked for again when a person turns to it.
      for (const [layer, chosenBy] of Object.entries(CHOSEN_BY) as [StatusKey, string[]][]) {
        const isChosen = chosenBy.some((key) => key in patch);
        if (isChosen && state.get()[layer].status === "failed") asked[layer] = null;
      }
      state.set(patch);
      loadAll();
      host.redraw();
    },
    cycleFusion: () => {
      state.set({ fusion: nextFusion(state.get().fusion, hasDifference()) });
      loadCompanion();
      host.redraw();
    },
    hasDifference,
    companionSeries: () => find(state.get().companionUid),
    drawIn,
    followPointer: (pane) => {
      const { fusion, isBeside } = state.get();
      if (fusion === "spyglass" || isBeside) drawIn(pane);
    },
    setTwin: (canvas) => {
      twin = canvas;
      host.redraw();
    },
    destroy: () => abort.abort(),
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

/** Two CT are compared under one window; an MR beside a CT keeps its own. */
function windowOf(
  { series, volume }: { series: ViewerSeries; volume: ScalarVolume },
  host: LayersHost,
): { readonly lower: number; readonly upper: number } | null {
  const own = host.window();
  if (series.modality === host.loaded()?.modality && own !== null) return own;
  if (series.modality === "CT") return CT_WINDOW;
  const stored = storedRanges.get(volume.values) ?? percentileRange(volume.values, 2, 98);
  if (stored === null) return null;
  storedRanges.set(volume.values, stored);
  const { slope, intercept } = volume;
  return { lower: stored.lower * slope + intercept, upper: stored.upper * slope + intercept };
}

/** Percentiles are looked for once for each image. */
const storedRanges = new WeakMap<object, { readonly lower: number; readonly upper: number }>();
