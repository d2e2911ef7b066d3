/** The segmentation over the images: loaded once, painted in every pane, looked up by structure. */

import { isAbort, reasonOf, request, requestJson, type Segment, ViewerError } from "./api";
import type { Grid } from "./geometry";
import { type LabelColours, type LabelMap, labelColours } from "./labelPaint";
import { createStore, type Store } from "./store";
import { NO_OVERLAY, type OverlayState } from "./viewerState";

const PULSE_MS = 2400;
const PULSES = 3;

export interface Overlay {
  readonly state: Store<OverlayState>;
  readonly map: () => LabelMap | null;
  readonly colours: () => LabelColours | null;
  readonly open: (segSeriesUid: string, imageSeriesUid: string, grid: Grid) => Promise<void>;
  readonly close: () => void;
  readonly change: (patch: Partial<OverlayState>) => void;
  readonly toggleStructure: (label: number) => void;
  /** Lights a structure, with a short pulse unless the person prefers less motion. */
  readonly highlight: (label: number | null) => void;
}

export function makeOverlay(apiRoot: string, onLookChanged: () => void): Overlay {
  const state = createStore<OverlayState>(NO_OVERLAY);
  let map: LabelMap | null = null;
  let colours: LabelColours | null = null;
  let loading: AbortController | null = null;
  let glow = 0;
  let pulse: number | null = null;

  const relook = () => {
    const { segments, ...look } = state.get();
    colours = look.isShown && map !== null ? labelColours(segments, { ...look, glow }) : null;
    onLookChanged();
  };

  const stopPulse = () => {
    if (pulse !== null) cancelAnimationFrame(pulse);
    pulse = null;
    glow = 0;
  };

  const startPulse = () => {
    stopPulse();
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const started = performance.now();
    const step = (now: number) => {
      const elapsed = now - started;
      glow = elapsed >= PULSE_MS ? 0 : Math.sin((elapsed / PULSE_MS) * PULSES * Math.PI) ** 2;
      pulse = elapsed >= PULSE_MS ? null : requestAnimationFrame(step);
      relook();
    };
    pulse = requestAnimationFrame(step);
  };

  const close = () => {
    loading?.abort();
    loading = null;
    stopPulse();
    map = null;
    const { opacity, highlighted } = state.get();
    state.set({ ...NO_OVERLAY, opacity, highlighted });
    relook();
  };

  return {
    state,
    map: () => (state.get().isShown ? map : null),
    colours: () => colours,
    open: async (segSeriesUid, imageSeriesUid, grid) => {
      close();
      const controller = new AbortController();
      loading = controller;
      state.set({ status: "loading", failure: null });
      try {
        const root = `${apiRoot}/series/${encodeURIComponent(segSeriesUid)}`;
        const [segments, labels] = await Promise.all([
          requestJson<Segment[]>(`${root}/segments`, controller.signal),
          fetchLabels(`${root}/labelmap`, imageSeriesUid, grid, controller.signal),
        ]);
        if (controller.signal.aborted) return;
        map = { grid, labels };
        state.set({ status: "ready", segments, isShown: true });
        if (state.get().highlighted !== null) startPulse();
        relook();
      } catch (error) {
        if (!isAbort(error)) state.set({ status: "failed", failure: reasonOf(error) });
      }
    },
    close,
    change: (patch) => {
      state.set(patch);
      relook();
    },
    toggleStructure: (label) => {
      const hidden = new Set(state.get().hidden);
      if (!hidden.delete(label)) hidden.add(label);
      state.set({ hidden });
      relook();
    },
    highlight: (label) => {
      const hidden = new Set(state.get().hidden);
      if (label !== null) hidden.delete(label);
      state.set({ highlighted: label, hidden });
      if (label === null) stopPulse();
      else startPulse();
      relook();
    },
  };
}

async function fetchLabels(
  url: string,
  imageSeriesUid: string,
  grid: Grid,
  signal: AbortSignal,
): Promise<Uint16Array> {
  const response = await request(url, signal, "application/octet-stream");
  const referenced = response.headers.get("X-Referenced-Series");
  if (referenced !== null && referenced !== imageSeriesUid) {
    throw new ViewerError("overlay_other_series", "This segmentation belongs to another series.");
  }
  const labels = new Uint16Array(await response.arrayBuffer());
  const [columns, rows, slices] = grid.dimensions;
  if (labels.length !== columns * rows * slices) {
    throw new ViewerError("overlay_mismatch", "This segmentation does not fit these images.");
  }
  return labels;
}
