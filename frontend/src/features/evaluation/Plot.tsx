import styles from "./Evaluation.module.css";
import { boundText, figure, intervalText } from "./figures";
import type { Line } from "./lines";
import { RUN_TONES, Shape } from "./RunMark";
import { beyond, place, type Scale, ticks } from "./scale";

const WIDTH = 220;
const LANE = 11;

const x = (value: number, scale: Scale) => (place(value, scale) / 100) * WIDTH;

/** What the plot shows, in words. */
function described({ rows }: Line): string {
  const told = rows.map((row, index) =>
    row === null
      ? `run ${index + 1}: not measured`
      : `run ${index + 1}: ${figure(row.value)}, ${intervalText(row)}`,
  );
  const first = rows.find((row) => row !== null);
  if (first) {
    told.push(`floor ${boundText(first.floor)}`, `baseline ${boundText(first.baseline)}`);
  }
  return told.join("; ");
}

interface BoundMarkProps {
  value: number | null;
  of: "floor" | "baseline";
  scale: Scale;
  height: number;
}

/** A line at the bound, or an arrow at the end of the axis that it lies beyond. */
function BoundMark({ value, of, scale, height }: BoundMarkProps) {
  if (value === null) return null;
  const side = beyond(value, scale);
  if (side === null) {
    return <line className={styles[of]} x1={x(value, scale)} x2={x(value, scale)} y2={height} />;
  }
  const [from, to] = side === "left" ? [8, -3] : [WIDTH - 8, WIDTH + 3];
  const [tip, y] = [side === "left" ? to + 4 : to - 4, of === "floor" ? 4 : height - 4];
  return (
    <path
      className={styles.arrow}
      d={`M${from} ${y}H${to}M${tip} ${y - 3}L${to} ${y}L${tip} ${y + 3}`}
    >
      <title>{`The ${of} lies beyond the axis: ${figure(value)}`}</title>
    </path>
  );
}

/** A dot and its interval for each run, with floor and baseline, on the axis of the metric. */
export function Plot({ line, scale }: { line: Line; scale: Scale }) {
  const height = line.rows.length * LANE + 6;
  const bounds = line.rows.find((row) => row !== null);
  return (
    <svg
      className={styles.plot}
      role="img"
      aria-label={described(line)}
      viewBox={`-4 0 ${WIDTH + 8} ${height}`}
      width={WIDTH + 8}
      height={height}
    >
      {bounds && (
        <>
          <BoundMark value={bounds.floor.value} of="floor" scale={scale} height={height} />
          <BoundMark value={bounds.baseline.value} of="baseline" scale={scale} height={height} />
        </>
      )}
      {line.rows.map((row, index) => {
        if (row === null || row.value === null) return null;
        const y = index * LANE + LANE / 2 + 3;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a run is its place in the comparison
          <g key={index} className={RUN_TONES[index]}>
            {row.ci_low !== null && row.ci_high !== null && (
              <line
                className={styles.whisker}
                x1={x(row.ci_low, scale)}
                x2={x(row.ci_high, scale)}
                y1={y}
                y2={y}
              />
            )}
            <g transform={`translate(${x(row.value, scale)} ${y})`}>
              <Shape index={index} size={3.4} />
            </g>
          </g>
        );
      })}
    </svg>
  );
}

export function Axis({ scale }: { scale: Scale }) {
  return (
    <svg
      className={styles.plot}
      aria-hidden="true"
      viewBox={`-4 0 ${WIDTH + 8} 16`}
      width={WIDTH + 8}
      height={16}
    >
      <line className={styles.axis} x1={0} x2={WIDTH} y1={15} y2={15} />
      {ticks(scale).map((tick) => (
        <g key={tick} transform={`translate(${x(tick, scale)} 0)`}>
          <line className={styles.axis} y1={11} y2={15} />
          <text className={styles.tick} y={8} textAnchor="middle">
            {figure(tick)}
          </text>
        </g>
      ))}
    </svg>
  );
}

/** What the marks of the plots mean. */
export function PlotLegend() {
  return (
    <div className={styles.legend}>
      <span>
        <svg viewBox="0 0 10 12" width={10} height={12} aria-hidden="true">
          <line className={styles.floor} x1={5} x2={5} y2={12} />
        </svg>
        floor: what no model can do better
      </span>
      <span>
        <svg viewBox="0 0 10 12" width={10} height={12} aria-hidden="true">
          <line className={styles.baseline} x1={5} x2={5} y2={12} />
        </svg>
        baseline: what costs nothing
      </span>
      <span>bars: 95 % intervals by subject; an arrow: beyond the axis</span>
    </div>
  );
}
