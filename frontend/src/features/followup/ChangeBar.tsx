import type { RegionChange } from "@/api/followup";
import styles from "./Tables.module.css";
import { verdictText } from "./words";

const WIDTH = 110;
const HEIGHT = 16;
const MIDDLE = WIDTH / 2;

/** The change as a bar from the middle, on the band within which it would be noise. */
export function ChangeBar({ region, end }: { region: RegionChange; end: number }) {
  const { change_percent: change, noise_percent: noise, verdict } = region;
  const reach = (percent: number) => (Math.min(end, Math.abs(percent)) / end) * (MIDDLE - 2);
  const band = noise == null ? 0 : reach(noise);
  const size = change == null ? 0 : reach(change);
  return (
    <svg
      className={styles.bar}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`${region.name}: ${verdictText(region)}`}
    >
      <rect className={styles.noise} x={MIDDLE - band} width={2 * band} height={HEIGHT} rx={2} />
      <rect
        className={verdict === "change" ? styles.change : styles.within}
        x={(change ?? 0) < 0 ? MIDDLE - size : MIDDLE}
        y={4}
        width={Math.max(1, size)}
        height={HEIGHT - 8}
      />
      <line className={styles.axis} x1={MIDDLE} x2={MIDDLE} y2={HEIGHT} />
    </svg>
  );
}
