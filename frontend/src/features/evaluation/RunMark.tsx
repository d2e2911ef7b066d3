import styles from "./Evaluation.module.css";

export const RUN_TONES = [styles.run1, styles.run2, styles.run3, styles.run4] as const;

/** The sign of a run in cards, table and plot: a number, a colour, and a shape of its own. */
export function RunMark({ index }: { index: number }) {
  return (
    <span className={styles.mark}>
      <svg viewBox="-7 -7 14 14" aria-hidden="true" className={RUN_TONES[index]}>
        <Shape index={index} size={4.6} />
      </svg>
      <span className={styles.markNumber}>{index + 1}</span>
    </span>
  );
}

/** Told apart without colour: circle, square, diamond, triangle. */
export function Shape({ index, size }: { index: number; size: number }) {
  if (index === 0) return <circle r={size} />;
  if (index === 1) return <rect x={-size} y={-size} width={2 * size} height={2 * size} />;
  if (index === 2) {
    const far = size * 1.35;
    return <path d={`M0 ${-far}L${far} 0L0 ${far}L${-far} 0Z`} />;
  }
  const far = size * 1.25;
  return <path d={`M0 ${-far}L${far} ${far * 0.9}L${-far} ${far * 0.9}Z`} />;
}
