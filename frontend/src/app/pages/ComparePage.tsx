import { ArrowLeft, ChartNoAxesCombined } from "lucide-react";
import { Link, useSearchParams } from "react-router";
import { CompareView } from "@/features/evaluation/CompareView";
import { runsOf } from "@/features/evaluation/choice";
import { useRuns } from "@/features/evaluation/useEvaluations";
import { EmptyState } from "@/ui/EmptyState";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { usePageTitle } from "@/ui/usePageTitle";
import styles from "./WidePage.module.css";

function Runs({ ids }: { ids: readonly string[] }) {
  const found = useRuns(ids);
  const failed = found.find(({ isError }) => isError);
  if (failed !== undefined) {
    return <ProblemNotice error={failed.error} onRetry={() => void failed.refetch()} />;
  }
  const runs = found.flatMap(({ data }) => data ?? []);
  if (runs.length < ids.length) return <Spinner label="Loading figures…" />;
  return <CompareView key={ids.join()} runs={runs} />;
}

/** The runs that the address names: one to read, two to four to compare. */
export function ComparePage() {
  const [search] = useSearchParams();
  const ids = runsOf(search.get("runs"));
  const title = ids.length === 1 ? "Evaluation" : "Compare evaluations";
  usePageTitle(title);
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <h1 className={styles.title}>{title}</h1>
        <Link to="/evaluations" className={styles.back}>
          <ArrowLeft aria-hidden />
          All evaluations
        </Link>
      </header>
      {ids.length === 0 ? (
        <EmptyState icon={<ChartNoAxesCombined />} title="No runs are chosen">
          Choose them in the <Link to="/evaluations">list of evaluations</Link>.
        </EmptyState>
      ) : (
        <Runs ids={ids} />
      )}
    </div>
  );
}
