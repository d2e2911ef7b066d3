import type { ObjectiveValue } from "./objective";
import styles from "./Panels.module.css";

const WIDTH = 400;
const HEIGHT = 90;
const AIR = 8;

/** The objective over the iterations, on a logarithmic axis. */
export function ObjectiveChart({ curve }: { curve: readonly ObjectiveValue[] }) {
  const [first, last] = [curve[0], curve.at(-1)];
  if (first === undefined || last === undefined || curve.length < 2) return null;
  const logs = curve.map(({ value }) => Math.log10(Math.max(value, 1e-9)));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const span = high - low || 1;
  const steps = last.iteration - first.iteration || 1;
  const path = curve
    .map(({ iteration }, at) => {
      const x = AIR + ((iteration - first.iteration) / steps) * (WIDTH - 2 * AIR);
      const y = AIR + (1 - ((logs[at] as number) - low) / span) * (HEIGHT - 2 * AIR);
      return `${at === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
  const text = `Objective ${figure(first.value)} → ${figure(last.value)} after ${last.iteration} iterations`;
  return (
    <figure className={styles.objective}>
      <svg
        className={styles.curve}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={text}
      >
        <path d={path} />
      </svg>
      <figcaption className={styles.quiet}>{text} (logarithmic axis)</figcaption>
    </figure>
  );
}

const figure = (value: number): string => String(Number(value.toPrecision(3)));
