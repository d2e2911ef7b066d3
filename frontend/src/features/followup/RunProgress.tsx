import { useMay } from "@/api/me";
import { JobProgress } from "@/running/JobProgress";
import { HELD_BACK } from "@/running/OverrideGate";
import { Notice } from "@/ui/Notice";
import panels from "./Panels.module.css";
import { useRefresh } from "./useFollowup";

interface RunProgressProps {
  run: { job: string; error: { code: string; user_message: string } | null };
  doing: string;
  /** What is said where it came to nothing. */
  failed: string;
}

/** A comparison or prediction on its way, or the way to run it once more: the row then has the new
 * run. */
export function RunProgress({ run, doing, failed }: RunProgressProps) {
  const refresh = useRefresh();
  const mayOverride = useMay("job.override");
  const isHeldBack = run.error?.code === HELD_BACK;
  return (
    <>
      {run.error !== null && !isHeldBack && (
        <Notice tone="danger" title={failed}>
          {run.error.user_message}
        </Notice>
      )}
      <JobProgress key={run.job} jobId={run.job} doing={doing} onChange={refresh} onAgain={refresh}>
        {() =>
          isHeldBack && (
            <p className={panels.quiet}>
              {mayOverride
                ? "Look at the image first: is it the right series, whole and of this patient? If it may be used all the same, run it and say why."
                : "Choose another series of this visit. A clinician, physicist or administrator can run it all the same, for a reason that is kept."}
            </p>
          )
        }
      </JobProgress>
    </>
  );
}

/** Said with every result of an image that the gate had held back. */
export function OverriddenNote({ reason }: { reason: string }) {
  if (reason === "") return null;
  return (
    <Notice tone="caution" title="Run on an unusual image">
      <p>The models were not made for images like this one. Reason given: {reason}</p>
    </Notice>
  );
}
