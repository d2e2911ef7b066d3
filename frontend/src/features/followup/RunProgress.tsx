import { useState } from "react";
import { JobProgress } from "@/running/JobProgress";
import { Notice } from "@/ui/Notice";
import { useRefresh } from "./useFollowup";

interface RunProgressProps {
  run: { job: string; error: { user_message: string } | null };
  doing: string;
  /** What is said where it came to nothing. */
  failed: string;
}

/** A comparison or prediction on its way, or the way to run it once more. */
export function RunProgress({ run, doing, failed }: RunProgressProps) {
  const refresh = useRefresh();
  // The row keeps its first job until the one that was started in its place has ended.
  const [again, setAgain] = useState<string | null>(null);
  const jobId = again ?? run.job;
  return (
    <>
      {run.error !== null && again === null && (
        <Notice tone="danger" title={failed}>
          {run.error.user_message}
        </Notice>
      )}
      <JobProgress key={jobId} jobId={jobId} doing={doing} onChange={refresh} onAgain={setAgain} />
    </>
  );
}
