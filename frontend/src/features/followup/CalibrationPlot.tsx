import type { TrackRecord } from "@/api/followup";
import styles from "./Charts.module.css";
import { share } from "./figures";
import panels from "./Panels.module.css";

const SIZE = 260;
const LEFT = 44;
const TOP = 10;
const BOTTOM = 34;
const PLOT_WIDTH = SIZE - LEFT - 12;
const PLOT_HEIGHT = SIZE - TOP - BOTTOM;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** How often the real volume lay inside intervals of each width: on the diagonal all is well. */
export function CalibrationPlot({ record }: { record: TrackRecord }) {
  const rows = record.calibration;
  if (rows.length === 0) return null;
  const x = (value: number) => LEFT + value * PLOT_WIDTH;
  const y = (value: number) => TOP + (1 - value) * PLOT_HEIGHT;
  const told = rows.map(({ nominal, observed }) => `${share(nominal)}: ${share(observed)}`);
  return (
    <figure className={styles.figure}>
      <svg
        viewBox={`0 0 ${SIZE} ${SIZE}`}
        style={{ maxWidth: 300 }}
        role="img"
        aria-label={`Calibration, nominal and observed: ${told.join(", ")}`}
      >
        {TICKS.map((tick) => (
          <g key={tick}>
            <line className={styles.grid} x1={x(0)} x2={x(1)} y1={y(tick)} y2={y(tick)} />
            <text className={styles.tick} x={LEFT - 6} y={y(tick) + 3.5} textAnchor="end">
              {share(tick)}
            </text>
            <text className={styles.tick} x={x(tick)} y={SIZE - 18} textAnchor="middle">
              {Math.round(tick * 100)}
            </text>
          </g>
        ))}
        <line className={styles.ideal} x1={x(0)} x2={x(1)} y1={y(0)} y2={y(1)} />
        <polyline
          className={styles.observed}
          points={rows.map((row) => `${x(row.nominal)},${y(row.observed)}`).join(" ")}
        />
        {rows.map(({ nominal, observed, n, direct }) => (
          <circle
            key={nominal}
            className={direct ? styles.direct : styles.derived}
            cx={x(nominal)}
            cy={y(observed)}
            r={4}
          >
            <title>{`Meant ${share(nominal)}, observed ${share(observed)}, n = ${n}`}</title>
          </circle>
        ))}
        <text className={styles.tick} x={x(0.5)} y={SIZE - 4} textAnchor="middle">
          meant to lie inside (%)
        </text>
      </svg>
      <figcaption className={panels.quiet}>
        Calibration: observed share over nominal. Filled: the interval that was predicted; hollow:
        read off between its bounds.
      </figcaption>
    </figure>
  );
}
