import type { ViewerSession } from "./session";
import { useStore } from "./store";
import type { ViewerSeries } from "./types";
import styles from "./viewer.module.css";

interface ImageFactsProps {
  readonly session: ViewerSession;
  readonly series: ViewerSeries | null;
}

/** The fourth cell of the two-by-two layout: what these images are. */
export function ImageFacts({ session, series }: ImageFactsProps) {
  const state = useStore(session.state);
  const geometry = session.series?.volume?.geometry;
  if (series === null || geometry === undefined) return <div className={styles.facts} />;
  const [columns, rows, slices] = geometry.dimensions;
  const spacing = geometry.spacing.map((value) => value.toFixed(2)).join(" × ");
  const extent = geometry.spacing
    .map((value, axis) => Math.round(value * (geometry.dimensions[axis] ?? 0)))
    .join(" × ");
  const facts: readonly [string, string][] = [
    ["Series", `${series.number ?? "–"} · ${series.description || series.modality}`],
    ["Modality", series.modality],
    ["Matrix", `${columns} × ${rows} × ${slices}`],
    ["Voxel", `${spacing} mm`],
    ["Extent", `${extent} mm`],
    ["Stored as", geometry.dtype],
    [
      "Rescale",
      `${geometry.slope} · x + ${geometry.intercept}${state.unit ? ` ${state.unit}` : ""}`,
    ],
    ["Memory", `${(geometry.bytes / 2 ** 20).toFixed(0)} MiB`],
    ["Drawn by", state.backend === "gpu" ? "graphics card" : "processor"],
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
