/** Plays through the slices or frames of the active pane, from the last back to the first. */

import type { Viewport } from "./engine";
import type { PanesHost } from "./windowControl";

export interface Cine {
  readonly toggle: () => void;
  readonly setFrameRate: (framesPerSecond: number) => void;
  readonly stop: () => void;
}

export function makeCine(host: PanesHost): Cine {
  const { state } = host;
  let timer: number | null = null;

  const halt = () => {
    if (timer !== null) window.clearTimeout(timer);
    timer = null;
  };

  const viewport = (): Viewport | null => {
    const { activePane } = state.get();
    return host.panes().find((pane) => pane.id === activePane)?.viewport ?? null;
  };

  const step = () => {
    const started = performance.now();
    const shown = viewport();
    const count = shown?.getNumberOfSlices() ?? 0;
    if (shown !== null && count > 1)
      void shown.setImageIdIndex((shown.getSliceIndex() + 1) % count);
    const interval = 1000 / Math.max(1, state.get().cine.framesPerSecond);
    // The next step waits for this one's drawing, so that a slow machine cannot fall behind.
    timer = window.setTimeout(step, Math.max(0, interval - (performance.now() - started)));
  };

  const stop = () => {
    halt();
    state.set({ cine: { ...state.get().cine, isPlaying: false } });
  };

  return {
    stop,
    toggle: () => {
      const { cine } = state.get();
      if (cine.isPlaying || viewport() === null) {
        stop();
        return;
      }
      state.set({ cine: { ...cine, isPlaying: true } });
      step();
    },
    setFrameRate: (framesPerSecond) => {
      state.set({ cine: { ...state.get().cine, framesPerSecond } });
    },
  };
}
