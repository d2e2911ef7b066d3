import { Link } from "react-router";
import type { Pipeline } from "@/api/pipelines";
import styles from "./Models.module.css";
import { OfferBadge, StateBadge } from "./states";

export function ModelList({ pipelines }: { pipelines: readonly Pipeline[] }) {
  return (
    <ul className={styles.list}>
      {pipelines.map((pipeline) => (
        <li key={pipeline.name} className={styles.model}>
          <div className={styles.fileHead}>
            <Link to={`/models/${pipeline.name}`} className={styles.name}>
              {pipeline.title}
            </Link>
            <span className={styles.quiet}>v{pipeline.version}</span>
            <StateBadge state={pipeline.state} />
            <OfferBadge pipeline={pipeline} />
          </div>
          <p>{pipeline.summary}</p>
          <p className={styles.quiet}>{pipeline.intended_use}</p>
        </li>
      ))}
    </ul>
  );
}
