/** The segmentation over the images: loaded once, painted in every pane, looked up by structure. */

import { isAbort, reasonOf } from "./api";
import { type LabelColours, type LabelMap, labelColours } from "./labelPaint";
import { type OverlayLabels, readLabels } from "./labelSource";
import type { LoadedSeries, SeriesRoots } from "./loadedSeries";
import type { Target } from "./navigation";
import { createStore, type Store } from "./store";
import { NO_OVERLAY, type OverlayState } from "./viewerState";

const PULSE_MS = 2400;
const PULSES = 3;

export interface Overlay {
  readonly state: Store<OverlayState>;
  /** What lies on an image; the planes of a volume share one map. */
  readonly mapOn: (imageId: string | null) => LabelMap | null;
  /** Where a structure is largest. */
  readonly middleOf: (label: number) => Target | null;
  readonly colours: () => LabelColours | null;
  readonly open: (segSeriesUid: string, loaded: LoadedSeries) => Promise<void>;
  readonly close: () => void;
  readonly change: (patch: Partial<OverlayState>) => void;
  readonly toggleStructure: (label: number) => void;
  /** Lights a structure, with a short pulse unless the person prefers less motion. */
  readonly highlight: (label: number | null) => void;
}

export function makeOverlay(roots: SeriesRoots, onLookChanged: () => void): Overlay {
  const state = createStore<OverlayState>(NO_OVERLAY);
  let labels: OverlayLabels | null = null;
  let colours: LabelColours | null = null;
  let loading: AbortController | null = null;
  let glow = 0;
  let pulse: number | null = null;

  const relook = () => {
    const { segments, ...look } = state.get();
    colours = look.isShown && labels !== null ? labelColours(segments, { ...look, glow }) : null;
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
    labels = null;
    const { opacity, highlighted } = state.get();
    state.set({ ...NO_OVERLAY, opacity, highlighted });
    relook();
  };

  return {
    state,
    mapOn: (imageId) => (state.get().isShown ? (labels?.mapOn(imageId) ?? null) : null),
    middleOf: (label) => labels?.middleOf(label) ?? null,
    colours: () => colours,
    open: async (segSeriesUid, loaded) => {
      close();
      const controller = new AbortController();
      loading = controller;
      state.set({ status: "loading", failure: null });
      try {
        const read = await readLabels(segSeriesUid, loaded, roots, controller.signal);
        if (controller.signal.aborted) return;
        labels = read;
        const { segments, notice } = read;
        state.set({ status: "ready", segments, notice, isShown: true });
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
