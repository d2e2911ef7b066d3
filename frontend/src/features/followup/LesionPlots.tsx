import type { Comparison, Track } from "@/api/followup";
import { ticksBetween } from "@/ui/axis";
import styles from "./Charts.module.css";
import { signedPercent } from "./figures";
import panels from "./Panels.module.css";
import { spiderLines, WATERFALL_END, waterfallRows } from "./plots";
import { dayOf, ticksOf } from "./timeline";

const WIDTH = 420;
const HEIGHT = 190;
const LEFT = 44;
const RIGHT = 12;
const TOP = 14;
const BOTTOM = 26;

/** The volume of each lesion over all visits. */
export function SpiderPlot({ tracks }: { tracks: readonly Track[] }) {
  const lines = spiderLines(tracks);
  const days = lines.flatMap(({ points }) => points.map(({ date }) => dayOf(date)));
  const highest = Math.max(0.01, ...lines.flatMap(({ points }) => points.map(({ ml }) => ml)));
  if (lines.length === 0) {
    return <p className={panels.quiet}>The spider plot needs lesions with two dated visits.</p>;
  }
  const span = { low: Math.min(...days), high: Math.max(...days, Math.min(...days) + 1) };
  const x = (day: number) =>
    LEFT + ((day - span.low) / (span.high - span.low)) * (WIDTH - LEFT - RIGHT);
  const y = (ml: number) => TOP + (1 - ml / (highest * 1.05)) * (HEIGHT - TOP - BOTTOM);
  return (
    <figure className={styles.figure}>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Spider plot: volume of ${lines.length} lesions over ${new Set(days).size} visits`}
      >
        {ticksBetween(0, highest, 4).map((tick) => (
          <g key={tick}>
            <line className={styles.grid} x1={LEFT} x2={WIDTH - RIGHT} y1={y(tick)} y2={y(tick)} />
            <text className={styles.tick} x={LEFT - 6} y={y(tick) + 3.5} textAnchor="end">
              {tick}
            </text>
          </g>
        ))}
        {ticksOf(span).map(({ day, text }) => (
          <text
            key={day}
            className={styles.tick}
            x={x(day)}
            y={HEIGHT - 8}
            textAnchor={x(day) > WIDTH - 40 ? "end" : "middle"}
          >
            {text}
          </text>
        ))}
        {lines.map(({ track, name, points }) => (
          <g key={track} className={styles.lesion}>
            <polyline
              points={points.map(({ date, ml }) => `${x(dayOf(date))},${y(ml)}`).join(" ")}
            />
            {points.map(({ date, ml, corrected }) => (
              <circle
                key={date}
                className={corrected ? styles.corrected : undefined}
                cx={x(dayOf(date))}
                cy={y(ml)}
                r={3}
              >
                <title>{`${name}, ${date}: ${ml.toFixed(2)} mL${corrected ? ", corrected" : ""}`}</title>
              </circle>
            ))}
          </g>
        ))}
        <text className={styles.tick} x={4} y={10}>
          mL
        </text>
      </svg>
      <figcaption className={panels.quiet}>
        Spider plot: one line for each lesion, over all comparisons.
      </figcaption>
    </figure>
  );
}

/** The change of each lesion of this comparison, from the most grown to the most shrunk. */
export function WaterfallPlot({ comparison }: { comparison: Comparison }) {
  const rows = waterfallRows(comparison.lesions);
  if (rows.length === 0) return null;
  const y = (percent: number) =>
    TOP + ((WATERFALL_END - percent) / (2 * WATERFALL_END)) * (HEIGHT - TOP - BOTTOM);
  const step = (WIDTH - LEFT - RIGHT) / rows.length;
  const width = Math.min(26, step * 0.7);
  const told = rows.map(
    ({ name, percent }) => `${name} ${percent === null ? "new" : signedPercent(percent)}`,
  );
  return (
    <figure className={styles.figure}>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Waterfall plot: ${told.join(", ")}`}
      >
        {[-100, -50, 0, 50, 100].map((tick) => (
          <g key={tick}>
            <line
              className={tick === 0 ? styles.zero : styles.grid}
              x1={LEFT}
              x2={WIDTH - RIGHT}
              y1={y(tick)}
              y2={y(tick)}
            />
            <text className={styles.tick} x={LEFT - 6} y={y(tick) + 3.5} textAnchor="end">
              {tick} %
            </text>
          </g>
        ))}
        {rows.map(({ track, name, percent, drawn }, at) => (
          <g key={track}>
            <rect
              className={percent === null ? styles.fresh : drawn > 0 ? styles.grown : styles.shrunk}
              x={LEFT + (at + 0.5) * step - width / 2}
              y={y(Math.max(0, drawn))}
              width={width}
              height={Math.max(1, Math.abs(y(0) - y(drawn)))}
            >
              <title>{told[at]}</title>
            </rect>
            {rows.length <= 24 && (
              <text
                className={styles.tick}
                x={LEFT + (at + 0.5) * step}
                y={HEIGHT - 8}
                textAnchor="middle"
              >
                {name}
              </text>
            )}
          </g>
        ))}
      </svg>
      <figcaption className={panels.quiet}>
        Waterfall plot: change of volume. New lesions (hatched edge) and growth beyond +100 % reach
        the end of the axis.
      </figcaption>
    </figure>
  );
}
