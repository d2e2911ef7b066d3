/** Images beside the second one, each in a view of its own: more than two visits at once. */

import { isAbort, reasonOf } from "../api";
import type { Store } from "../store";
import type { ViewerSeries } from "../types";
import { type LayerStatus, type LayersState, NOT_LOADED } from "./layerState";
import type { PlanCanvas } from "./planCanvas";
import type { ScalarVolume } from "./resample";

/** With the shown image and the second one that makes four views. */
export const MOST_FURTHER = 2;

export interface FurtherImage {
  readonly series: ViewerSeries;
  readonly volume: ScalarVolume;
}

interface FurtherHost {
  readonly state: Store<LayersState>;
  readonly find: (uid: string) => ViewerSeries | null;
  readonly image: (series: ViewerSeries) => Promise<ScalarVolume>;
  readonly isOver: () => boolean;
  readonly redraw: () => void;
}

export function makeFurtherImages({ state, find, image, isOver, redraw }: FurtherHost) {
  const canvases = new Map<string, PlanCanvas>();
  const loaded = new Map<string, FurtherImage>();

  const say = (uid: string, status: LayerStatus) =>
    state.set({ further: { ...state.get().further, [uid]: status } });

  const load = async (uid: string) => {
    const series = find(uid);
    if (series === null || loaded.has(uid)) return;
    say(uid, { status: "loading", failure: null });
    try {
      loaded.set(uid, { series, volume: await image(series) });
      if (isOver()) return;
      say(uid, { status: "ready", failure: null });
      redraw();
    } catch (error) {
      if (!isAbort(error) && !isOver()) say(uid, { status: "failed", failure: reasonOf(error) });
    }
  };

  return {
    /** Loads what is shown and not there yet; what failed is tried again when chosen anew. */
    follow: () => {
      const { isBeside, furtherUids, further } = state.get();
      if (!isBeside) return;
      for (const uid of furtherUids) {
        if ((further[uid] ?? NOT_LOADED).status === "none") void load(uid);
      }
    },
    setCanvas: (uid: string, canvas: PlanCanvas | null) => {
      if (canvas === null) canvases.delete(uid);
      else canvases.set(uid, canvas);
      redraw();
    },
    views: () => [...canvases].map(([uid, canvas]) => ({ canvas, image: loaded.get(uid) ?? null })),
  };
}

/** One more or one fewer; of more than fit, those chosen first stay. */
export function furtherChosen(uids: readonly string[], uid: string): readonly string[] {
  if (uids.includes(uid)) return uids.filter((one) => one !== uid);
  return uids.length < MOST_FURTHER ? [...uids, uid] : uids;
}
