import { JobProgress } from "@/running/JobProgress";
import { Notice } from "@/ui/Notice";
import { useRefresh } from "./useFollowup";

interface RunProgressProps {
  run: { job: string; error: { user_message: string } | null };
  doing: string;
  /** What is said where it came to nothing. */
  failed: string;
}

/** A comparison or prediction on its way, or the way to run it once more: the row then has the new
 * run. */
export function RunProgress({ run, doing, failed }: RunProgressProps) {
  const refresh = useRefresh();
  return (
    <>
      {run.error !== null && (
        <Notice tone="danger" title={failed}>
          {run.error.user_message}
        </Notice>
      )}
      <JobProgress
        key={run.job}
        jobId={run.job}
        doing={doing}
        onChange={refresh}
        onAgain={refresh}
      />
    </>
  );
}
