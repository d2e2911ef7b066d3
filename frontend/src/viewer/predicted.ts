/** Which images a model predicted: they look acquired and must never be taken for that. */

import type { ViewerSeries } from "./types";

type Described = Pick<ViewerSeries, "ai_generated" | "description">;

/** As the pipeline writes it: "SYNTHETIC PREDICTED day +180 …". */
const PREDICTED = /\bPREDICTED\b(?:\s+day\s+([+-]?\d+))?/i;

/** The words of the mark over a predicted image; null for every other image. */
export function predictionMark(series: Described | null): string | null {
  if (series === null || !series.ai_generated) return null;
  const found = PREDICTED.exec(series.description);
  if (found === null) return null;
  const day = found[1] === undefined ? "" : ` · day ${found[1]}`;
  return `PREDICTED${day} · not acquired`;
}
