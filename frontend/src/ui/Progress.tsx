import { cx } from "./cx";
import styles from "./Progress.module.css";

interface ProgressProps {
  /** 0..1, or null where it is not known how much is left. */
  fraction: number | null;
  label: string;
  tone?: "accent" | "good" | "caution";
}

export function Progress({ fraction, label, tone = "accent" }: ProgressProps) {
  const percent = fraction === null ? null : Math.round(Math.min(1, Math.max(0, fraction)) * 100);
  return (
    <div
      className={cx(styles.track, styles[tone], percent === null && styles.unknown)}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === null ? {} : { "aria-valuenow": percent })}
    >
      <div className={styles.bar} style={percent === null ? undefined : { width: `${percent}%` }} />
    </div>
  );
}
