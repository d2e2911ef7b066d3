import type { WeightsFile } from "@/api/pipelines";
import { MetricsTable } from "./MetricsTable";
import styles from "./Models.module.css";
import type { Json } from "./metricsTree";
import { CheckpointBadge, StateBadge } from "./states";

function Metrics({ file }: { file: WeightsFile }) {
  const { metrics } = file;
  if (metrics === null) return <p className={styles.quiet}>No metrics file is named for it.</p>;
  if (metrics.content === null) {
    return <p className={styles.quiet}>Its metrics file {metrics.path} is missing.</p>;
  }
  return (
    <details className={styles.details}>
      <summary>
        Metrics <CheckpointBadge checkpoint={metrics.checkpoint} />
      </summary>
      <p className={styles.quiet}>
        {metrics.path}, SHA-256 <code>{metrics.sha256}</code>
      </p>
      <MetricsTable value={metrics.content as Json} label={`Metrics of ${file.name}`} />
    </details>
  );
}

/** Each weights file with its digest, what was found of it, and what was measured of it. */
export function Weights({ files }: { files: readonly WeightsFile[] }) {
  return (
    <ul className={styles.weights}>
      {files.map((file) => (
        <li key={file.name} className={styles.file}>
          <div className={styles.fileHead}>
            <strong>{file.name}</strong>
            <StateBadge state={file.state} />
            <span className={styles.quiet}>{file.licence}</span>
          </div>
          <div className={styles.quiet}>
            SHA-256 <code>{file.sha256}</code>
          </div>
          <Metrics file={file} />
        </li>
      ))}
    </ul>
  );
}
