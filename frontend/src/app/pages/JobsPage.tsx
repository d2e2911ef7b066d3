import { ListChecks } from "lucide-react";
import { useSearchParams } from "react-router";
import { JobList } from "@/features/jobs/JobList";
import { STATE_FILTERS, stateFilter } from "@/features/jobs/states";
import { useJobs } from "@/features/jobs/useJobs";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { usePageTitle } from "@/ui/usePageTitle";
import styles from "./Page.module.css";

export function JobsPage() {
  usePageTitle("Jobs");
  const [search, setSearch] = useSearchParams();
  const chosen = stateFilter(search.get("state"));
  const jobs = useJobs(chosen.states);
  const rows = jobs.data?.pages.flatMap((page) => page.results) ?? [];

  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <h1 className={styles.title}>Jobs</h1>
        <fieldset className={styles.segments}>
          <legend className="visually-hidden">State</legend>
          {STATE_FILTERS.map(({ value, title }) => (
            <button
              key={value}
              type="button"
              aria-pressed={value === chosen.value}
              onClick={() => setSearch(value ? { state: value } : {}, { replace: true })}
            >
              {title}
            </button>
          ))}
        </fieldset>
      </header>
      {jobs.isPending && <Spinner label="Loading jobs…" />}
      {jobs.isError && <ProblemNotice error={jobs.error} onRetry={() => void jobs.refetch()} />}
      {jobs.isSuccess && rows.length === 0 && (
        <EmptyState icon={<ListChecks />} title={chosen.value ? "No such jobs" : "No jobs yet"}>
          A job starts when someone asks for a draft on a study.
        </EmptyState>
      )}
      <JobList jobs={rows} withStudy />
      {jobs.hasNextPage && (
        <div className={styles.more}>
          <Button disabled={jobs.isFetchingNextPage} onClick={() => void jobs.fetchNextPage()}>
            {jobs.isFetchingNextPage ? "Loading…" : "Older jobs"}
          </Button>
        </div>
      )}
    </div>
  );
}
