import type { PredictionContent } from "@/api/followup";
import { ticksBetween } from "@/ui/axis";
import styles from "./Charts.module.css";
import { millilitres, share } from "./figures";
import panels from "./Panels.module.css";
import { type Actual, bandOf, highestVolume } from "./plots";

const WIDTH = 420;
const HEIGHT = 210;
const LEFT = 44;
const RIGHT = 14;
const TOP = 16;
const BOTTOM = 30;

interface VolumeCurveProps {
  content: PredictionContent;
  actual: readonly Actual[];
}

const insideText = ({ isInside }: Actual) =>
  isInside === null ? "" : isInside ? ", inside the interval" : ", outside the interval";

/** The predicted volume over time with its interval, what no change would be, and what came. */
export function VolumeCurve({ content, actual }: VolumeCurveProps) {
  const { volumes, carry_forward_ml: forward, interval } = content;
  const most = Math.max(content.days, ...actual.map(({ days }) => days), 1);
  const highest = highestVolume(content, actual);
  const x = (days: number) => LEFT + (days / most) * (WIDTH - LEFT - RIGHT);
  const y = (ml: number) => TOP + (1 - ml / highest) * (HEIGHT - TOP - BOTTOM);
  const at = ({ days, ml }: { days: number; ml: number }) =>
    `${x(days).toFixed(1)},${y(ml).toFixed(1)}`;
  const last = volumes.at(-1);
  const told = [
    `Predicted volume: ${millilitres(last?.median_ml)} on day ${last?.days ?? content.days}`,
    `${share(interval)} interval ${millilitres(last?.lower_ml)} to ${millilitres(last?.upper_ml)}`,
    `carried forward ${millilitres(forward)}`,
    ...actual.map((one) => `actual ${millilitres(one.ml)} on day ${one.days}${insideText(one)}`),
  ];
  return (
    <figure className={styles.figure}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={told.join("; ")}>
        {ticksBetween(0, highest, 4).map((tick) => (
          <g key={tick}>
            <line className={styles.grid} x1={LEFT} x2={WIDTH - RIGHT} y1={y(tick)} y2={y(tick)} />
            <text className={styles.tick} x={LEFT - 6} y={y(tick) + 3.5} textAnchor="end">
              {tick}
            </text>
          </g>
        ))}
        {ticksBetween(0, most, 6).map((tick) => (
          <text key={tick} className={styles.tick} x={x(tick)} y={HEIGHT - 14} textAnchor="middle">
            {tick}
          </text>
        ))}
        <polygon className={styles.band} points={bandOf(volumes).map(at).join(" ")} />
        <polyline
          className={styles.median}
          points={volumes.map(({ days, median_ml: ml }) => at({ days, ml })).join(" ")}
        />
        <line className={styles.forward} x1={x(0)} x2={x(most)} y1={y(forward)} y2={y(forward)} />
        {actual.map((one) => (
          <circle
            key={`${one.days} ${one.ml}`}
            className={
              one.isInside === null ? styles.unknown : one.isInside ? styles.inside : styles.outside
            }
            cx={x(one.days)}
            cy={y(one.ml)}
            r={5.5}
          >
            <title>{`Actual: ${millilitres(one.ml)} on day ${one.days}${insideText(one)}`}</title>
          </circle>
        ))}
        <text className={styles.tick} x={4} y={11}>
          mL
        </text>
        <text className={styles.tick} x={WIDTH / 2} y={HEIGHT - 2} textAnchor="middle">
          days after the base
        </text>
      </svg>
      <figcaption className={panels.quiet}>
        Line: median of the samples; band: {share(interval)} interval; dashed: carry-forward.
        {actual.length > 0 && " Point: the real scan."}
      </figcaption>
    </figure>
  );
}
