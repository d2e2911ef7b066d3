/** Maps and outlines of lesions that a comparison or a prediction lays over the images. */

import { isAbort, reasonOf } from "../api";
import type { SeriesRoots } from "../loadedSeries";
import { createStore, type Store } from "../store";
import type { ViewerFollowup, ViewerLesions, ViewerMap, ViewerSeries } from "../types";
import { cssColour, type Rgb, shareColouring, signedColouring } from "./colours";
import { paintVolume } from "./drawLayers";
import { strokeLines } from "./drawLines";
import { isolines } from "./isolines";
import { fetchLesions } from "./layerSources";
import { type LayerStatus, NOT_LOADED } from "./layerState";
import { broughtBack, type LesionMask } from "./lesionMasks";
import type { Scene } from "./planCanvas";
import { type ScalarVolume, samplePlane } from "./resample";

export const VISIT_COLOURS: Record<ViewerLesions["visit"], Rgb> = {
  base: [124, 192, 232],
  follow: [255, 168, 64],
};

/** The base lies below and wider: where both have the same border, both are seen. */
const VISIT_WIDTHS: Record<ViewerLesions["visit"], number> = { base: 4.5, follow: 1.25 };

export interface FollowState {
  readonly mapKey: string | null;
  readonly isMapShown: boolean;
  /** The share of the map's own range that takes the full colour, percent. */
  readonly mapPercent: number;
  readonly mapOpacity: number;
  readonly map: LayerStatus;
  readonly areLesionsShown: boolean;
  readonly hiddenVisits: ReadonlySet<ViewerLesions["visit"]>;
  readonly lesions: LayerStatus;
}

const INITIAL: FollowState = {
  mapKey: null,
  isMapShown: false,
  mapPercent: 100,
  mapOpacity: 0.8,
  map: NOT_LOADED,
  areLesionsShown: true,
  hiddenVisits: new Set(),
  lesions: NOT_LOADED,
};

export interface FollowRequest {
  readonly followup: ViewerFollowup;
  readonly series: readonly ViewerSeries[];
}

export interface FollowLayers {
  readonly state: Store<FollowState>;
  readonly setRequest: (request: FollowRequest | null) => void;
  readonly change: (patch: Partial<FollowState>) => void;
  readonly chosenMap: () => ViewerMap | null;
  readonly draw: (scene: Scene) => void;
}

interface Visit {
  readonly visit: ViewerLesions["visit"];
  readonly masks: readonly LesionMask[];
}

export function makeFollowLayers(
  roots: SeriesRoots,
  signal: AbortSignal,
  fetchMap: (series: ViewerSeries) => Promise<ScalarVolume>,
  redraw: () => void,
): FollowLayers {
  const state = createStore<FollowState>(INITIAL);
  let request: FollowRequest | null = null;
  let map: { readonly of: ViewerMap; readonly volume: ScalarVolume } | null = null;
  let visits: readonly Visit[] = [];
  let wantedMap: string | null = null;
  let wantedLesions = "";
  let seenWish: number | null = null;

  const find = (uid: string) => request?.series.find((one) => one.series_uid === uid) ?? null;

  const chosenMap = () => {
    const maps = request?.followup.maps ?? [];
    return maps.find(({ key }) => key === state.get().mapKey) ?? maps[0] ?? null;
  };

  const loadMap = async () => {
    const chosen = state.get().isMapShown ? chosenMap() : null;
    const series = chosen === null ? null : find(chosen.seriesUid);
    const key = series?.series_uid ?? null;
    if (key === wantedMap) return;
    wantedMap = key;
    map = null;
    state.set({ map: NOT_LOADED });
    if (chosen === null || series === null) return;
    state.set({ map: { status: "loading", failure: null } });
    try {
      const volume = await fetchMap(series);
      if (signal.aborted || wantedMap !== key) return;
      map = { of: chosen, volume };
      state.set({ map: { status: "ready", failure: null } });
      redraw();
    } catch (error) {
      if (isAbort(error) || wantedMap !== key) return;
      wantedMap = null;
      state.set({ map: { status: "failed", failure: reasonOf(error) } });
    }
  };

  const loadLesions = async () => {
    const found = (request?.followup.lesions ?? []).flatMap((one) => {
      const series = find(one.segSeriesUid);
      return series === null ? [] : [{ ...one, series }];
    });
    const key = found.map(({ visit, segSeriesUid }) => `${visit} ${segSeriesUid}`).join();
    if (key === wantedLesions) return;
    wantedLesions = key;
    visits = [];
    state.set({ lesions: NOT_LOADED });
    if (found.length === 0) return;
    state.set({ lesions: { status: "loading", failure: null } });
    try {
      const read = await Promise.all(
        found.map(async ({ visit, series, matrix }) => {
          const masks = await fetchLesions(series, roots, signal);
          return { visit, masks: masks.map((one) => placed(one, matrix)) };
        }),
      );
      if (signal.aborted || wantedLesions !== key) return;
      visits = read;
      state.set({ lesions: { status: "ready", failure: null } });
      redraw();
    } catch (error) {
      if (isAbort(error) || wantedLesions !== key) return;
      wantedLesions = "";
      state.set({ lesions: { status: "failed", failure: reasonOf(error) } });
    }
  };

  const drawMap = (scene: Scene) => {
    const { isMapShown, mapPercent, mapOpacity } = state.get();
    if (!isMapShown || map === null) return;
    const most = (map.of.range * mapPercent) / 100;
    const colouring = map.of.kind === "signed" ? signedColouring : shareColouring;
    paintVolume(scene, map.volume, colouring(most, mapOpacity), "map");
  };

  const drawLesions = ({ context, view, size }: Scene) => {
    const { areLesionsShown, hiddenVisits } = state.get();
    if (!areLesionsShown) return;
    for (const { visit, masks } of visits) {
      if (hiddenVisits.has(visit)) continue;
      for (const { mask } of masks) {
        const plane = samplePlane(mask, view, size.width, size.height, 1);
        if (plane === null) continue;
        strokeLines(
          context,
          isolines(plane, 0.5),
          cssColour(VISIT_COLOURS[visit]),
          VISIT_WIDTHS[visit],
        );
      }
    }
  };

  return {
    state,
    chosenMap,
    setRequest: (next) => {
      request = next;
      const wish = next?.followup.mapWish;
      if (wish !== undefined && wish.nonce !== seenWish) {
        seenWish = wish.nonce;
        state.set({ mapKey: wish.key, isMapShown: wish.key !== null });
      }
      void loadMap();
      void loadLesions();
    },
    change: (patch) => {
      state.set(patch);
      void loadMap();
      redraw();
    },
    draw: (scene) => {
      if (request === null) return;
      drawMap(scene);
      drawLesions(scene);
    },
  };
}

function placed(one: LesionMask, matrix: ViewerLesions["matrix"]): LesionMask {
  if (matrix === null) return one;
  return { ...one, mask: { ...one.mask, grid: broughtBack(one.mask.grid, matrix) } };
}
