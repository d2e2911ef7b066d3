import { CircleStop } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useMay } from "@/api/me";
import { isFinished, type Projection } from "@/live/protocol";
import { useJobStream } from "@/live/react";
import { Button } from "@/ui/Button";
import { AiMadeBadge } from "@/ui/marks";
import { Notice, ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import styles from "./JobProgress.module.css";
import { HELD_BACK, OverrideGate } from "./OverrideGate";
import { StepList } from "./StepList";
import { useRetry, useStop } from "./useJobActions";

function headline({ state, position }: Projection, doing: string): string {
  if (state === "queued" && position !== null && position > 1) {
    return `Waiting: ${position - 1} before this one`;
  }
  if (state === "queued") return "Waiting for a worker";
  return state === "interrupted" ? "The worker was lost; starting again" : doing;
}

function isHeldBack({ error }: Projection): boolean {
  return error?.code === HELD_BACK;
}

function outcomeTitle(projection: Projection): string {
  if (isHeldBack(projection)) return "Not run – unusual image";
  return projection.state === "failed" ? "INCOMPLETE – failed" : "INCOMPLETE – stopped";
}

interface JobProgressProps {
  jobId: string;
  /** What is being done, as a headline: "Making the synthetic CT". */
  doing: string;
  /** Something was stored, or the job ended. */
  onChange: (state: Projection["state"]) => void;
  /** Offers to run the same once more; told the new job. Not every run can be. */
  onAgain?: (jobId: string) => void;
  /** What a feature adds of its own below the steps. */
  children?: (projection: Projection) => ReactNode;
}

/** A run on its way: its steps, what has come of it, and the way to stop it. */
export function JobProgress({ jobId, doing, onChange, onAgain, children }: JobProgressProps) {
  const { projection, loaded, refusal } = useJobStream(jobId);
  const mayOverride = useMay("job.override");
  const stored = projection.artifacts.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of either is the reason
  useEffect(() => {
    if (loaded) onChange(projection.state);
  }, [loaded, stored, projection.state]);

  if (refusal !== null && !loaded) {
    return (
      <Notice tone="danger" title="This run cannot be followed">
        {refusal.message}
      </Notice>
    );
  }
  if (!loaded) return <Spinner label="Loading the run…" />;
  const isOver = isFinished(projection.state);
  const failure = projection.error?.user_message;
  return (
    <section className={styles.block} aria-label="Progress">
      {!isOver && <Running jobId={jobId} title={headline(projection, doing)} />}
      {isOver && projection.state !== "succeeded" && (
        <Notice
          tone={projection.state === "failed" ? "danger" : "caution"}
          title={outcomeTitle(projection)}
        >
          <p>{failure || "What had been stored until then is kept."}</p>
          {onAgain !== undefined &&
            (isHeldBack(projection) ? (
              mayOverride && <OverrideGate jobId={jobId} onStarted={({ id }) => onAgain(id)} />
            ) : (
              <Again jobId={jobId} onAgain={onAgain} />
            ))}
        </Notice>
      )}
      <StepList steps={projection.steps} stopped={isOver} />
      {projection.steps.length === 0 && !isOver && (
        <p className={styles.quiet}>Steps appear here. You may close this page meanwhile.</p>
      )}
      <Preview projection={projection} />
      {children?.(projection)}
      <Warnings projection={projection} />
    </section>
  );
}

function Again({ jobId, onAgain }: { jobId: string; onAgain: (jobId: string) => void }) {
  const mayRun = useMay("job.run");
  const retry = useRetry(jobId, (job) => onAgain(job.id));
  return (
    <>
      <Button
        small
        disabled={!mayRun || retry.isPending || retry.isSuccess}
        onClick={() => retry.mutate()}
      >
        {retry.isPending ? "Starting…" : "Run again"}
      </Button>
      {retry.isError && <ProblemNotice error={retry.error} />}
    </>
  );
}

function Running({ jobId, title }: { jobId: string; title: string }) {
  const stop = useStop(jobId);
  const mayStop = useMay("job.cancel");
  const isStopping = stop.isPending || stop.isSuccess;
  return (
    <>
      <header className={styles.spread}>
        <strong role="status">{isStopping ? "Stopping…" : title}</strong>
        {mayStop && (
          <Button
            small
            variant="danger"
            icon={<CircleStop />}
            disabled={isStopping}
            onClick={() => stop.mutate()}
          >
            {isStopping ? "Stopping…" : "Stop"}
          </Button>
        )}
      </header>
      {stop.isError && <ProblemNotice error={stop.error} />}
    </>
  );
}

/** What there is of the image so far; each newer preview takes the place of the last. */
function Preview({ projection }: { projection: Projection }) {
  const preview = projection.artifacts.find(({ key }) => key === "preview");
  if (preview === undefined) return null;
  const text = preview.incomplete ? "Preview, not complete yet" : "Preview";
  return (
    <figure className={styles.preview}>
      <img src={preview.url} alt={preview.title} />
      <figcaption className={styles.quiet}>
        <AiMadeBadge /> {text}
      </figcaption>
    </figure>
  );
}

function Warnings({ projection }: { projection: Projection }) {
  const warnings = projection.logs.filter(({ level }) => level === "warning");
  if (warnings.length === 0) return null;
  return (
    <Notice tone="caution" title="Noticed in this run">
      {warnings.map(({ code, text }) => (
        <p key={`${code}${text}`}>{text}</p>
      ))}
    </Notice>
  );
}
