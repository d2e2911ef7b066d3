/** The layers of a plan in one viewer: what was asked for, loaded once, drawn in every pane. */

import { isAbort, reasonOf } from "../api";
import type { LoadedSeries, SeriesRoots } from "../loadedSeries";
import type { Pane } from "../pane";
import { createStore, type Store } from "../store";
import type { ViewerDose, ViewerPlanning, ViewerSeries } from "../types";
import { percentileRange } from "../windowing";
import {
  drawCompanion,
  drawCursor,
  drawLayers,
  type LayerVolumes,
  type ShownStructure,
} from "./drawLayers";
import { fetchDose, fetchImage, fetchStructures } from "./layerSources";
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

export function makePlanLayers(roots: SeriesRoots, host: LayersHost): PlanLayers {
  const state = createStore<LayersState>(INITIAL_LAYERS);
  const abort = new AbortController();
  const images = new Map<string, Promise<ScalarVolume>>();
  const doses = new Map<string, Promise<ScalarVolume>>();
  let request: LayersRequest | null = null;
  let twin: PlanCanvas | null = null;
  let dose: { dose: ViewerDose; volume: ScalarVolume } | null = null;
  let structures: readonly ShownStructure[] = [];
  let structuresUid: string | null = null;
  let companion: { series: ViewerSeries; volume: ScalarVolume } | null = null;
  let band: { lower: ScalarVolume; upper: ScalarVolume } | null = null;

  const find = (uid: string | null) =>
    request?.series.find((one) => one.series_uid === uid) ?? null;

  const image = (series: ViewerSeries) => {
    const known = images.get(series.series_uid);
    if (known !== undefined) return known;
    const asked = fetchImage(series, roots, abort.signal);
    images.set(series.series_uid, asked);
    // A failed request may be made again.
    asked.catch(() => images.delete(series.series_uid));
    return asked;
  };

  /** Loads one layer and says how it goes; an answer that nobody wants any more is dropped. */
  const load = async <T>(
    key: StatusKey,
    reading: Promise<T>,
    isWanted: () => boolean,
    take: (loaded: T) => void,
  ) => {
    const say = (status: LayerStatus) => state.set({ [key]: status });
    say({ status: "loading", failure: null });
    try {
      const loaded = await reading;
      if (abort.signal.aborted || !isWanted()) return;
      take(loaded);
      say({ status: "ready", failure: null });
      host.redraw();
    } catch (error) {
      if (isAbort(error) || !isWanted()) return;
      say({ status: "failed", failure: reasonOf(error) });
    }
  };

  const loadDose = () => {
    const wanted = chosenDose(request?.planning.doses ?? [], state.get().doseKey);
    if (wanted?.url === dose?.dose.url) return;
    dose = null;
    if (wanted === undefined) {
      state.set({ dose: NOT_LOADED, doseKey: null });
      return;
    }
    state.set({ doseKey: wanted.key });
    const reading = doses.get(wanted.url) ?? fetchDose(wanted, abort.signal);
    doses.set(wanted.url, reading);
    reading.catch(() => doses.delete(wanted.url));
    const isWanted = () => state.get().doseKey === wanted.key;
    void load("dose", reading, isWanted, (volume) => {
      dose = { dose: wanted, volume };
    });
  };

  const loadStructures = () => {
    const series = find(request?.planning.structuresSeriesUid ?? null);
    if ((series?.series_uid ?? null) === structuresUid) return;
    structuresUid = series?.series_uid ?? null;
    structures = [];
    state.set({ structures: [], structuresStatus: NOT_LOADED });
    if (series === null) return;
    const isWanted = () => structuresUid === series.series_uid;
    void load(
      "structuresStatus",
      fetchStructures(series, roots, abort.signal),
      isWanted,
      (read) => {
        structures = read.map((structure) => ({ structure, mask: onceMask(structure) }));
        state.set({ structures: read });
      },
    );
  };

  const loadCompanion = () => {
    const series = find(state.get().companionUid);
    const { fusion } = state.get();
    if (series === null) companion = null;
    if (series === null || series.series_uid === companion?.series.series_uid) return;
    companion = null;
    if (fusion === "off" && !state.get().isBeside) return;
    const isWanted = () => state.get().companionUid === series.series_uid;
    void load("companion", image(series), isWanted, (volume) => {
      companion = { series, volume };
    });
  };

  const loadBand = () => {
    const lower = find(request?.planning.lowerSeriesUid ?? null);
    const upper = find(request?.planning.upperSeriesUid ?? null);
    if (lower === null || upper === null) {
      band = null;
      state.set({ uncertainty: NOT_LOADED });
      return;
    }
    if (!state.get().isUncertaintyShown || band !== null) return;
    if (state.get().uncertainty.status === "loading") return;
    const reading = Promise.all([image(lower), image(upper)]);
    void load(
      "uncertainty",
      reading,
      () => request !== null,
      ([low, high]) => {
        band = { lower: low, upper: high };
      },
    );
  };

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
    const look = state.get();
    const beside = twin;
    pane.plan.draw(view, (scene) => {
      drawLayers(scene, shown, look);
      drawCursor(scene, beside?.pointer() ?? null);
    });
    beside?.draw(view, (scene) => {
      drawCompanion(scene, shown, look);
      drawCursor(scene, pane.plan.pointer());
    });
  };

  return {
    state,
    setRequest: (next) => {
      const { companionUid } = state.get();
      request = next;
      const wanted = next?.planning.companionSeriesUid ?? null;
      if (find(companionUid) === null) state.set({ companionUid: wanted, companion: NOT_LOADED });
      loadAll();
      host.redraw();
    },
    change: (patch) => {
      state.set(patch);
      loadAll();
      host.redraw();
    },
    cycleFusion: () => {
      state.set({ fusion: nextFusion(state.get().fusion) });
      loadCompanion();
      host.redraw();
    },
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
