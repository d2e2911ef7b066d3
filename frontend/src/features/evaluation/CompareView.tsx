import { useState } from "react";
import type { Evaluation } from "@/api/evaluation";
import { EmptyState } from "@/ui/EmptyState";
import { Notice, ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { CompareTable } from "./CompareTable";
import { LineFilters } from "./LineFilters";
import { differencesOf, EVERYONE, grouped, type LineFilter } from "./lines";
import { PlotLegend } from "./Plot";
import { RunCards } from "./RunCards";
import { useComparisons } from "./useEvaluations";

const EVERYTHING: LineFilter = { tier: "", metric: "", structure: "", subgroup: EVERYONE };

/** One run, or several side by side. */
export function CompareView({ runs }: { runs: readonly Evaluation[] }) {
  const [filter, setFilter] = useState(EVERYTHING);
  const ids = runs.map(({ id }) => id);
  const comparisons = useComparisons(ids, filter.subgroup);
  const failed = comparisons.find(({ isError }) => isError);
  const isWaiting = comparisons.some(({ isPending }) => isPending) && failed === undefined;
  const differences = differencesOf(comparisons.flatMap(({ data }) => data ?? []));
  const groups = grouped(runs, filter);

  return (
    <>
      <RunCards runs={runs} />
      {runs.some(({ data_kind }) => data_kind === "simulated") && (
        <Notice tone="caution">
          Measured on simulated data: these figures say nothing of clinical validity.
        </Notice>
      )}
      {failed !== undefined && <ProblemNotice error={failed.error} />}
      <LineFilters
        runs={runs}
        filter={filter}
        onChange={(changes) => setFilter((old) => ({ ...old, ...changes }))}
      />
      {isWaiting && <Spinner label="Drawing subjects for the intervals of the differences…" />}
      <PlotLegend />
      {groups.length === 0 ? (
        <EmptyState title="No figure fits">Change the filters above.</EmptyState>
      ) : (
        <CompareTable runs={runs} groups={groups} differences={differences} />
      )}
    </>
  );
}
