import { Link } from "react-router";
import type { EvaluationBrief } from "@/api/evaluation";
import { cx } from "@/ui/cx";
import { Instant } from "@/ui/Instant";
import { compareAddress, obstacle, runTitle } from "./choice";
import styles from "./Evaluation.module.css";
import { CompleteBadge, KindBadge } from "./marks";
import { RunMenu } from "./RunMenu";

interface RunListProps {
  runs: readonly EvaluationBrief[];
  chosen: readonly EvaluationBrief[];
  onToggle: (run: EvaluationBrief) => void;
}

function Row({ run, chosen, onToggle }: RunListProps & { run: EvaluationBrief }) {
  const isChosen = chosen.some(({ id }) => id === run.id);
  const reason = obstacle(run, chosen);
  const title = runTitle(run);
  return (
    <tr className={cx(isChosen && styles.chosen)}>
      <td>
        <input
          type="checkbox"
          checked={isChosen}
          disabled={reason !== ""}
          title={reason || undefined}
          aria-label={`Choose ${title} for the comparison`}
          onChange={() => onToggle(run)}
        />
      </td>
      <th scope="row">
        <Link to={compareAddress([run.id])} className={styles.name}>
          {title}
        </Link>
        <div className={styles.sub}>
          {run.title && <>{run.prediction_name} · </>}
          {run.pipeline ? `${run.pipeline.name} ${run.pipeline.version}` : "not linked to a model"}
        </div>
      </th>
      <td>{run.task}</td>
      <td>
        {run.data_name} <KindBadge run={run} />
        <div className={styles.sub}>
          <code title={run.data_sha256}>{run.data_sha256.slice(0, 12)}…</code>
        </div>
      </td>
      <td className={styles.number}>{run.subject_count}</td>
      <td>
        <CompleteBadge run={run} />
      </td>
      <td>
        <Instant at={run.measured_at} />
        <div className={styles.sub}>
          imported <Instant at={run.imported_at} />
          {run.imported_by && ` by ${run.imported_by}`}
        </div>
      </td>
      <td className={styles.number}>
        <RunMenu run={run} />
      </td>
    </tr>
  );
}

export function RunList(props: RunListProps) {
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">Evaluation runs, the newest import first</caption>
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">Chosen</span>
          </th>
          <th scope="col">Prediction</th>
          <th scope="col">Task</th>
          <th scope="col">Data</th>
          <th scope="col" className={styles.number}>
            Subjects
          </th>
          <th scope="col">State</th>
          <th scope="col">Measured</th>
          <th scope="col">
            <span className="visually-hidden">More</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {props.runs.map((run) => (
          <Row key={run.id} run={run} {...props} />
        ))}
      </tbody>
    </table>
  );
}
