import { ViewerError } from "../api";

/** What a run has just made is listed some seconds before all of it is stored. */
const ARRIVING = "series_incomplete";
const AGAIN_MS = 1500;
const LONGEST_MS = 60_000;

/** Reads again while the series is still arriving; an abort ends the waiting. */
export async function onceArrived<T>(
  reading: () => Promise<T>,
  signal: AbortSignal,
  againMs = AGAIN_MS,
): Promise<T> {
  const until = performance.now() + LONGEST_MS;
  for (;;) {
    try {
      return await reading();
    } catch (error) {
      const isArriving = error instanceof ViewerError && error.code === ARRIVING;
      if (!isArriving || signal.aborted || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, againMs));
    }
  }
}
