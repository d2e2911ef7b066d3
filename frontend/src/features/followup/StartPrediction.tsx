import { useMutation } from "@tanstack/react-query";
import { Sparkles } from "lucide-react";
import { useState } from "react";
import {
  createPrediction,
  type PredictedTreatment,
  type Prediction,
  type TimelineStudy,
} from "@/api/followup";
import { useMay } from "@/api/me";
import { Button } from "@/ui/Button";
import fields from "@/ui/Field.module.css";
import { Notice, ProblemNotice } from "@/ui/Notice";
import { idempotencyKey } from "@/ui/randomKeys";
import { isBefore, visitOf } from "./choice";
import styles from "./Panels.module.css";
import { useRefresh } from "./useFollowup";
import { VisitSelect } from "./VisitSelects";
import { WHAT_IF } from "./words";

export const FEWEST_DAYS = 1;
/** The slider's end; the number beside it takes more. */
export const SLIDER_DAYS = 730;
const MOST_DAYS = 3650;
const SAMPLES = [4, 8, 16, 32];

interface StartPredictionProps {
  studies: readonly TimelineStudy[];
  /** The image that is offered at first. */
  firstBase: string | null;
  onStarted: (prediction: Pick<Prediction, "id">) => void;
}

/** What if: from a base and perhaps an earlier image to a scan some days ahead. */
export function StartPrediction({ studies, firstBase, onStarted }: StartPredictionProps) {
  const refresh = useRefresh();
  const mayRun = useMay("followup.run");
  const [ownBase, setBase] = useState<string | null>(null);
  const base = ownBase ?? firstBase;
  const [prior, setPrior] = useState<string | null>(null);
  const [days, setDays] = useState(180);
  const [treatment, setTreatment] = useState<PredictedTreatment>("none");
  const [samples, setSamples] = useState(8);
  const [key, setKey] = useState(idempotencyKey);
  const visit = visitOf(studies, base);
  const earlier = studies.filter((study) => visit !== null && isBefore(study, visit.study));
  const isInRange = Number.isInteger(days) && days >= FEWEST_DAYS && days <= MOST_DAYS;
  const start = useMutation({
    mutationFn: () => createPrediction({ base: base ?? "", prior, days, treatment, samples }, key),
    onSuccess: (made) => {
      setKey(idempotencyKey());
      refresh();
      onStarted(made);
    },
  });

  function change(act: () => void): void {
    act();
    setKey(idempotencyKey());
    start.reset();
  }

  return (
    <section className={styles.block} aria-label="New prediction">
      <h3>What if</h3>
      <p className={styles.quiet}>
        A model writes the follow-up scan that it expects, several times over. It is AI-made, and
        the panel says how far to trust it.
      </p>
      <div className={styles.fields}>
        <VisitSelect
          label="Base"
          studies={studies}
          value={base}
          onChange={(uid) =>
            change(() => {
              setBase(uid);
              setPrior(null);
            })
          }
        />
        <VisitSelect
          label="Earlier image"
          studies={earlier}
          value={prior}
          none="None"
          onChange={(uid) => change(() => setPrior(uid))}
        />
        <div className={styles.wide}>
          <span className={fields.label}>Days ahead</span>
          <div className={styles.days}>
            <input
              type="range"
              aria-label="Days ahead, slider"
              min={FEWEST_DAYS}
              max={SLIDER_DAYS}
              value={Math.min(SLIDER_DAYS, days || FEWEST_DAYS)}
              onChange={(event) => change(() => setDays(event.target.valueAsNumber))}
            />
            <input
              className={fields.input}
              type="number"
              aria-label="Days ahead"
              min={FEWEST_DAYS}
              max={MOST_DAYS}
              value={Number.isNaN(days) ? "" : days}
              onChange={(event) => change(() => setDays(event.target.valueAsNumber))}
            />
          </div>
        </div>
        <label className={fields.label}>
          Treatment
          <select
            className={fields.select}
            value={treatment}
            onChange={(event) =>
              change(() => setTreatment(event.target.value as PredictedTreatment))
            }
          >
            {Object.entries(WHAT_IF).map(([value, title]) => (
              <option key={value} value={value}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <label className={fields.label}>
          Samples
          <select
            className={fields.select}
            value={samples}
            onChange={(event) => change(() => setSamples(Number(event.target.value)))}
          >
            {SAMPLES.map((count) => (
              <option key={count} value={count}>
                {count}
              </option>
            ))}
          </select>
        </label>
      </div>
      {base === null && <p className={styles.quiet}>Choose the base: the latest image.</p>}
      {!isInRange && (
        <p className={styles.quiet} role="alert">
          Give whole days from {FEWEST_DAYS} to {MOST_DAYS}.
        </p>
      )}
      {!mayRun && <Notice title="Your role does not allow predicting." />}
      {start.isError && <ProblemNotice error={start.error} />}
      <div className={styles.actions}>
        <Button
          variant="primary"
          icon={<Sparkles />}
          disabled={!mayRun || base === null || !isInRange || start.isPending}
          onClick={() => start.mutate()}
        >
          {start.isPending ? "Starting…" : "Predict"}
        </Button>
      </div>
    </section>
  );
}
