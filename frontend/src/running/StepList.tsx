import { Check, LoaderCircle } from "lucide-react";
import { useEffect, useState } from "react";
import type { Step } from "@/live/protocol";
import { seconds } from "@/ui/format";
import { Progress } from "@/ui/Progress";
import styles from "./StepList.module.css";

/** Seconds since the step began, as far as this page has seen it. */
function useSecondsSeen(running: boolean): number {
  const [seen, setSeen] = useState(0);
  useEffect(() => {
    if (!running) return;
    const start = performance.now();
    const timer = setInterval(() => setSeen((performance.now() - start) / 1000), 500);
    return () => clearInterval(timer);
  }, [running]);
  return seen;
}

function StepRow({ step, stopped }: { step: Step; stopped: boolean }) {
  const running = step.state === "running" && !stopped;
  const seen = useSecondsSeen(running);
  const percent = step.fraction === null ? "" : `${Math.round(step.fraction * 100)} %`;
  return (
    <li className={styles.step}>
      <span className={styles.mark} aria-hidden>
        {step.state === "done" && <Check className={styles.done} />}
        {running && <LoaderCircle className={styles.turning} />}
        {step.state === "running" && stopped && <span className={styles.cut} />}
      </span>
      <span className={styles.title}>
        {step.title}
        {step.note !== null && <span className={styles.note}> {step.note}</span>}
      </span>
      <span className={styles.time}>
        {step.state === "done" && step.seconds !== null && seconds(step.seconds)}
        {running && (percent || (seen >= 1 ? `${Math.round(seen)} s` : ""))}
        {step.state === "running" && stopped && "not finished"}
      </span>
      {running && (
        <span className={styles.bar}>
          <Progress fraction={step.fraction} label={step.title} />
        </span>
      )}
    </li>
  );
}

export function StepList({ steps, stopped }: { steps: readonly Step[]; stopped: boolean }) {
  return (
    <ol className={styles.list} aria-label="Steps">
      {steps.map((step) => (
        <StepRow key={step.step} step={step} stopped={stopped} />
      ))}
    </ol>
  );
}
