import { Sparkles } from "lucide-react";
import { predictionMark } from "./predicted";
import type { ViewerSeries } from "./types";
import styles from "./viewer.module.css";

interface PredictedMarkProps {
  readonly series: ViewerSeries | null;
  /** The image drawn over it, where one is. */
  readonly over?: ViewerSeries | null;
}

/** A frame and a band over images that a model predicted: nobody scanned them. */
export function PredictedMark({ series, over = null }: PredictedMarkProps) {
  const own = predictionMark(series);
  const laid = predictionMark(over);
  const text = own ?? (laid === null ? null : `second image ${laid}`);
  if (text === null) return null;
  return (
    <div className={styles.predicted} role="note" aria-label={text}>
      <span>
        <Sparkles aria-hidden /> {text}
      </span>
    </div>
  );
}
