import { Link } from "react-router";
import { Button } from "@/ui/Button";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { compareAddress, runTitle } from "./choice";
import styles from "./Evaluation.module.css";
import { CompleteBadge, KindBadge } from "./marks";
import { useEvaluations } from "./useEvaluations";

/** The evaluations that are linked to versions of a pipeline. */
export function LinkedRuns({ pipeline }: { pipeline: string }) {
  const found = useEvaluations({ task: "", pipeline });
  const runs = found.data?.pages.flatMap((page) => page.results) ?? [];
  return (
    <section className={styles.tier} aria-label="Evaluations of this model">
      <h2 className={styles.tierTitle}>Evaluations</h2>
      {found.isPending && <Spinner label="Loading evaluations…" />}
      {found.isError && <ProblemNotice error={found.error} />}
      {found.isSuccess && runs.length === 0 && (
        <p className={styles.sub}>
          None is linked yet. Import one under <Link to="/evaluations">Evaluations</Link> and link
          it with “Describe and link…”.
        </p>
      )}
      <ul>
        {runs.map((run) => (
          <li key={run.id} className={styles.linked}>
            <Link to={compareAddress([run.id])}>{runTitle(run)}</Link>
            <span className={styles.sub}>
              {run.task} on {run.data_name}, n = {run.subject_count}, version{" "}
              {run.pipeline?.version}
            </span>
            <KindBadge run={run} />
            <CompleteBadge run={run} />
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <Button small onClick={() => void found.fetchNextPage()}>
          More
        </Button>
      )}
    </section>
  );
}
