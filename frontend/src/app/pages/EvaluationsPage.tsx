import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import type { EvaluationBrief } from "@/api/evaluation";
import { useMay } from "@/api/me";
import { CHOSEN_MAX, CHOSEN_MIN, compareAddress, toggled } from "@/features/evaluation/choice";
import { ImportArea, ImportButton, ImportResult } from "@/features/evaluation/ImportArea";
import { NoRuns } from "@/features/evaluation/NoRuns";
import { RunList } from "@/features/evaluation/RunList";
import { useEvaluations, useImport } from "@/features/evaluation/useEvaluations";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import fields from "@/ui/Field.module.css";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { usePageTitle } from "@/ui/usePageTitle";
import styles from "./WidePage.module.css";

const TASKS = ["synthesis", "segmentation", "detection", "report", "generation"] as const;

interface BarProps {
  task: string;
  onTask: (task: string) => void;
  chosen: readonly EvaluationBrief[];
  onClear: () => void;
}

/** The filter, and what is chosen. */
function Bar({ task, onTask, chosen, onClear }: BarProps) {
  const navigate = useNavigate();
  const ids = chosen.map(({ id }) => id);
  return (
    <div className={styles.bar}>
      <label className={fields.label}>
        Task
        <select
          className={fields.select}
          value={task}
          onChange={(event) => onTask(event.target.value)}
        >
          <option value="">All tasks</option>
          {TASKS.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <div className={styles.chosen}>
        <span aria-live="polite">
          {chosen.length === 0
            ? `Choose ${CHOSEN_MIN} to ${CHOSEN_MAX} runs on the same data to compare them.`
            : `${chosen.length} of ${CHOSEN_MAX} chosen`}
        </span>
        {chosen.length > 0 && (
          <Button variant="ghost" onClick={onClear}>
            Clear
          </Button>
        )}
        <Button
          variant="primary"
          disabled={chosen.length < CHOSEN_MIN}
          onClick={() => navigate(compareAddress(ids))}
        >
          Compare
        </Button>
      </div>
    </div>
  );
}

export function EvaluationsPage() {
  usePageTitle("Evaluations");
  const [search, setSearch] = useSearchParams();
  const [chosen, setChosen] = useState<readonly EvaluationBrief[]>([]);
  const mayImport = useMay("evaluation.import");
  const taking = useImport();
  const filter = { task: search.get("task") ?? "", pipeline: search.get("pipeline") ?? "" };
  const found = useEvaluations(filter);
  const runs = found.data?.pages.flatMap((page) => page.results) ?? [];
  const isFiltered = Boolean(filter.task || filter.pipeline);

  function narrow(task: string): void {
    setSearch(task ? { task } : {}, { replace: true });
  }

  return (
    <ImportArea taking={mayImport ? taking : null}>
      <div className={styles.page}>
        <header className={styles.header}>
          <h1 className={styles.title}>Evaluations</h1>
          {mayImport && <ImportButton taking={taking} />}
        </header>
        {taking.data && <ImportResult outcomes={taking.data} />}
        {(runs.length > 0 || isFiltered) && (
          <Bar task={filter.task} onTask={narrow} chosen={chosen} onClear={() => setChosen([])} />
        )}
        {found.isPending && <Spinner label="Loading evaluations…" />}
        {found.isError && (
          <ProblemNotice error={found.error} onRetry={() => void found.refetch()} />
        )}
        {found.isSuccess && runs.length === 0 && !isFiltered && <NoRuns />}
        {found.isSuccess && runs.length === 0 && isFiltered && (
          <EmptyState
            title="No such evaluations"
            actions={<Button onClick={() => narrow("")}>Show all</Button>}
          />
        )}
        {runs.length > 0 && (
          <RunList
            runs={runs}
            chosen={chosen}
            onToggle={(run) => setChosen((old) => toggled(run, old))}
          />
        )}
        {found.hasNextPage && (
          <div className={styles.more}>
            <Button disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
              {found.isFetchingNextPage ? "Loading…" : "Older evaluations"}
            </Button>
          </div>
        )}
      </div>
    </ImportArea>
  );
}
