import type { PredictionBrief, Treatment } from "@/api/followup";
import { millilitres } from "./figures";
import styles from "./Timeline.module.css";
import { dayOf, markOf, placeOf, rowsOf, type Span, tolerance, treatmentBar } from "./timeline";
import { percentX } from "./timelinePlaces";
import { PREDICTION_MARKS, TREATMENTS, WHAT_IF } from "./words";

const ROW = 18;
/** Room that the name of a short bar takes, percent of the axis. */
const NAME_ROOM = 11;

interface TreatmentLaneProps {
  treatments: readonly Treatment[];
  span: Span;
  onTreatment: (treatment: Treatment) => void;
}

export function TreatmentLane({ treatments, span, onTreatment }: TreatmentLaneProps) {
  const bars = treatments.map((one) => {
    const [from, to] = treatmentBar(one).map((day) => placeOf(day, span)) as [number, number];
    return [from, Math.max(to, from + NAME_ROOM)] as const;
  });
  const rows = rowsOf(bars, 0.5);
  const height = (Math.max(0, ...rows) + 1) * ROW + 4;
  return (
    <div className={styles.lane}>
      <span className={styles.name}>Treatment</span>
      <div className={styles.track} style={{ height }}>
        {treatments.map((one, at) => {
          const [from, to] = treatmentBar(one);
          const until = one.ended_on === null ? "" : ` to ${one.ended_on}`;
          const words = `${TREATMENTS[one.kind]}, ${one.started_on}${until}`;
          return (
            <button
              key={one.id}
              type="button"
              className={styles.treatment}
              style={{ left: percentX(from, span), top: (rows[at] ?? 0) * ROW + 2 }}
              data-mark={from}
              aria-label={`${words}. Change it`}
              title={one.note === "" ? words : `${words}: ${one.note}`}
              onClick={() => onTreatment(one)}
            >
              {TREATMENTS[one.kind]}
              <svg
                className={styles.bar}
                style={{ width: `${((to - from) / (span.high - span.low)) * 100}cqw` }}
                aria-hidden="true"
              >
                <rect width="100%" height="100%" rx="3" />
              </svg>
            </button>
          );
        })}
      </div>
    </div>
  );
}

interface PredictionLaneProps {
  predictions: readonly PredictionBrief[];
  span: Span;
  onPrediction: (prediction: PredictionBrief) => void;
}

export function PredictionLane({ predictions, span, onPrediction }: PredictionLaneProps) {
  const dated = predictions.flatMap((one) =>
    one.target_date === null ? [] : [{ one, day: dayOf(one.target_date) }],
  );
  const rows = rowsOf(
    dated.map(({ day }) => [placeOf(day, span) - 1, placeOf(day, span) + 1] as const),
    0.2,
  );
  const height = (Math.max(0, ...rows) + 1) * ROW + 6;
  return (
    <div className={styles.lane}>
      <span className={styles.name}>Predicted</span>
      <div className={styles.track} style={{ height }}>
        <svg className={styles.grid} aria-hidden="true">
          {dated.map(({ one, day }, at) => (
            <line
              key={one.id}
              className={styles.reach}
              x1={percentX(day - tolerance(one.days), span)}
              x2={percentX(day + tolerance(one.days), span)}
              y1={(rows[at] ?? 0) * ROW + ROW / 2 + 3}
              y2={(rows[at] ?? 0) * ROW + ROW / 2 + 3}
            />
          ))}
        </svg>
        {dated.map(({ one, day }, at) => (
          <PredictionMark
            key={one.id}
            prediction={one}
            left={percentX(day, span)}
            top={(rows[at] ?? 0) * ROW + ROW / 2 + 3}
            day={day}
            onPress={() => onPrediction(one)}
          />
        ))}
      </div>
    </div>
  );
}

interface PredictionMarkProps {
  prediction: PredictionBrief;
  left: string;
  top: number;
  day: number;
  onPress: () => void;
}

/** Hollow until its scan has come; then filled, by whether it lay inside the interval. */
function PredictionMark({ prediction, left, top, day, onPress }: PredictionMarkProps) {
  const mark = markOf(prediction);
  const { expected, treatment, target_date: date } = prediction;
  const volume =
    expected === null
      ? ""
      : `, ${millilitres(expected.median_ml)} (${millilitres(expected.lower_ml)} to ${millilitres(expected.upper_ml)})`;
  const words = `Prediction for ${date}, ${WHAT_IF[treatment].toLowerCase()}${volume}, ${PREDICTION_MARKS[mark]}`;
  return (
    <button
      type="button"
      className={styles.prediction}
      style={{ left, top }}
      data-state={mark}
      data-mark={day}
      aria-label={words}
      title={words}
      onClick={onPress}
    >
      <svg viewBox="-8 -8 16 16" aria-hidden="true">
        <path d="M0-6L6 0L0 6L-6 0Z" />
      </svg>
    </button>
  );
}
