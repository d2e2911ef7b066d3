/** User-timing marks, read by the browser's profiler and by tests/bench/viewer.py. */

export type Moment = "opened" | "first-image" | "complete";

const NAMES: readonly Moment[] = ["opened", "first-image", "complete"];

export interface Timing {
  readonly begin: () => void;
  /** Some voxels are there: what is drawn from now on shows them. */
  readonly arrived: () => void;
  readonly completed: (panes: readonly string[]) => void;
  readonly drawn: (pane: string) => void;
}

export function markName(moment: Moment): string {
  return `synoptic.viewer.${moment}`;
}

export function makeTiming(): Timing {
  let hasVoxels = false;
  let isFirstDrawn = false;
  /** Panes that have not been drawn since everything arrived; null before that. */
  let waiting: Set<string> | null = null;
  return {
    begin: () => {
      for (const name of NAMES) performance.clearMarks(markName(name));
      hasVoxels = false;
      isFirstDrawn = false;
      waiting = null;
      performance.mark(markName("opened"));
    },
    arrived: () => {
      hasVoxels = true;
    },
    completed: (panes) => {
      waiting = new Set(panes);
    },
    drawn: (pane) => {
      if (!hasVoxels) return;
      if (!isFirstDrawn) performance.mark(markName("first-image"));
      isFirstDrawn = true;
      if (waiting?.delete(pane) && waiting.size === 0) performance.mark(markName("complete"));
    },
  };
}
