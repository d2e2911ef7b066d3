/** Shows two images by turns in one place: what differs between them seems to move. */

import type { Store } from "../store";
import type { LayersState } from "./layerState";

/** Changes a second. Four changes are two full turns: fewer than three flashes (WCAG 2.3.1). */
export const SLOWEST = 1;
export const FASTEST = 4;

export const boundedRate = (rate: number): number =>
  Number.isFinite(rate) ? Math.max(SLOWEST, Math.min(FASTEST, Math.round(rate))) : SLOWEST;

/** Whether the second image is shown, some time after the first was. */
export const isSecondAt = (elapsedMs: number, rate: number): boolean =>
  Math.floor((elapsedMs / 1000) * boundedRate(rate)) % 2 === 1;

const prefersStillness = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

/** What changes when a way to lay two images over each other is chosen. */
export function startOf(
  fusion: LayersState["fusion"],
  isStill: boolean = prefersStillness(),
): Pick<LayersState, "fusion" | "isFlickering" | "isSecondShown"> {
  return { fusion, isFlickering: fusion === "flicker" && !isStill, isSecondShown: false };
}

/** The key: begins to flicker, then holds and goes on by turns. */
export function pressed(state: LayersState, isStill: boolean = prefersStillness()) {
  if (state.fusion !== "flicker") return startOf("flicker", isStill);
  return { isFlickering: !state.isFlickering };
}

export interface Flicker {
  /** Starts or stops the clock as the state says. */
  readonly follow: () => void;
  readonly stop: () => void;
}

export function makeFlicker(state: Store<LayersState>, redraw: () => void): Flicker {
  let timer: ReturnType<typeof setInterval> | null = null;
  let rate = 0;

  const stop = () => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };

  const follow = () => {
    const { fusion, isFlickering, flickerRate } = state.get();
    // A page that nobody sees draws nothing.
    const runs = fusion === "flicker" && isFlickering && !document.hidden;
    if (runs && timer !== null && rate === flickerRate) return;
    stop();
    if (!runs) return;
    rate = flickerRate;
    const started = performance.now();
    const isFirst = state.get().isSecondShown;
    timer = setInterval(
      () => {
        const isSecondShown = isSecondAt(performance.now() - started, rate) !== isFirst;
        if (isSecondShown === state.get().isSecondShown) return;
        state.set({ isSecondShown });
        redraw();
      },
      1000 / FASTEST / 4,
    );
  };

  document.addEventListener("visibilitychange", follow);
  return {
    follow,
    stop: () => {
      stop();
      document.removeEventListener("visibilitychange", follow);
    },
  };
}
