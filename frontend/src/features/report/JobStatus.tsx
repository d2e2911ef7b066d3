import { CircleStop } from "lucide-react";
import { useMay } from "@/api/me";
import type { Job, JobState } from "@/api/types";
import { isFinished, type Projection } from "@/live/protocol";
import { HELD_BACK, OverrideGate } from "@/running/OverrideGate";
import { StepList } from "@/running/StepList";
import { useRetry, useStop } from "@/running/useJobActions";
import { Button } from "@/ui/Button";
import { Notice, ProblemNotice } from "@/ui/Notice";
import styles from "./JobStatus.module.css";

function headline({ state, position, attempt }: Projection): string {
  if (state === "queued" && position !== null && position > 1) {
    return `Waiting: ${position - 1} before this one`;
  }
  if (state === "queued") return "Waiting for a worker";
  if (state === "interrupted") return "The worker was lost; starting again";
  return attempt > 1 ? `Drafting (attempt ${attempt})` : "Drafting";
}

interface JobStatusProps {
  jobId: string;
  projection: Projection;
  /** Someone, perhaps in another tab, has asked it to stop. */
  stopAsked: boolean;
}

/** A job on its way: where it is, and the way to stop it. */
export function JobStatus({ jobId, projection, stopAsked }: JobStatusProps) {
  const stop = useStop(jobId);
  const mayStop = useMay("job.cancel");
  // The answer comes by the stream; until then the button says that it was heard.
  const stopping = stopAsked || stop.isPending || stop.isSuccess;
  return (
    <section className={styles.status} aria-label="Progress">
      <header className={styles.head}>
        <strong role="status">{stopping ? "Stopping…" : headline(projection)}</strong>
        {mayStop && (
          <Button
            small
            variant="danger"
            icon={<CircleStop />}
            disabled={stopping}
            onClick={() => stop.mutate()}
          >
            {stopping ? "Stopping…" : "Stop"}
          </Button>
        )}
      </header>
      {stop.isError && <ProblemNotice error={stop.error} />}
      <StepList steps={projection.steps} stopped={false} />
      {projection.steps.length === 0 && (
        <p className={styles.waiting}>Steps appear here. You may close this page meanwhile.</p>
      )}
    </section>
  );
}

function kept({ messages, findings }: Projection): string {
  if (messages.length > 0) return "What had been written until then is kept below.";
  if (findings.length > 0) return "Nothing had been written yet; what had been measured is kept.";
  return "Nothing had been made until then.";
}

/** The gate found the image unlike those that the models were made for. */

interface JobOutcomeProps {
  jobId: string;
  projection: Projection;
  onRetried: (job: Job) => void;
}

function outcomeTitle(state: JobState, heldBack: boolean): string {
  if (heldBack) return "Not run – unusual image";
  return state === "failed" ? "INCOMPLETE – failed" : "INCOMPLETE – stopped";
}

/** Why there is no complete draft, and how to try again. */
export function JobOutcome({ jobId, projection, onRetried }: JobOutcomeProps) {
  const retry = useRetry(jobId, onRetried);
  const mayRun = useMay("job.run");
  const mayOverride = useMay("job.override");
  const { state, error } = projection;
  const heldBack = error?.code === HELD_BACK;
  if (!isFinished(state) || state === "succeeded") return null;
  return (
    <>
      <Notice
        tone={state === "failed" ? "danger" : "caution"}
        title={outcomeTitle(state, heldBack)}
        actions={
          heldBack
            ? mayOverride && <OverrideGate jobId={jobId} onStarted={onRetried} />
            : mayRun && (
                <Button small disabled={retry.isPending} onClick={() => retry.mutate()}>
                  {retry.isPending ? "Starting…" : "Run again"}
                </Button>
              )
        }
      >
        {error !== null && error.user_message !== "" && <p>{error.user_message}</p>}
        <p>{kept(projection)}</p>
      </Notice>
      {retry.isError && <ProblemNotice error={retry.error} />}
    </>
  );
}

/** Remarks of the run that a reader should know (a fallback, a doubtful input). */
export function JobWarnings({ projection }: { projection: Projection }) {
  const warnings = projection.logs.filter((line) => line.level === "warning");
  if (warnings.length === 0) return null;
  return (
    <Notice tone="caution" title="Noticed while drafting">
      {warnings.map((line) => (
        <p key={`${line.code}${line.text}`}>{line.text}</p>
      ))}
    </Notice>
  );
}
