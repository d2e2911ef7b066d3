import type { PredictionBrief, TimelineStudy } from "@/api/followup";
import fields from "@/ui/Field.module.css";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import styles from "./Panels.module.css";
import { PredictionResult } from "./PredictionResult";
import { RunProgress } from "./RunProgress";
import { StartPrediction } from "./StartPrediction";
import { markOf } from "./timeline";
import type { usePrediction } from "./useFollowup";
import { PREDICTION_MARKS, WHAT_IF } from "./words";

/** In the place of a prediction's id: a new one is being prepared. */
export const NEW_PREDICTION = "new";

interface PredictionPanelProps {
  studies: readonly TimelineStudy[];
  predictions: readonly PredictionBrief[];
  chosen: string;
  onChoose: (id: string) => void;
  prediction: ReturnType<typeof usePrediction>;
  /** The image that a new prediction begins with. */
  firstBase: string | null;
  onMap: (key: string) => void;
}

export function PredictionPanel(props: PredictionPanelProps) {
  const { studies, predictions, chosen, onChoose } = props;
  return (
    <div className={styles.panel}>
      {predictions.length > 0 && (
        <label className={fields.label}>
          Prediction
          <select
            className={fields.select}
            value={chosen}
            onChange={(event) => onChoose(event.target.value)}
          >
            <option value={NEW_PREDICTION}>New prediction…</option>
            {predictions.map((one) => (
              <option key={one.id} value={one.id}>
                {told(one)}
              </option>
            ))}
          </select>
        </label>
      )}
      {chosen === NEW_PREDICTION ? (
        <StartPrediction
          studies={studies}
          firstBase={props.firstBase}
          onStarted={({ id }) => onChoose(id)}
        />
      ) : (
        <Chosen {...props} />
      )}
    </div>
  );
}

function told(one: PredictionBrief): string {
  const when = one.target_date ?? `day +${one.days}`;
  const state = one.state === "succeeded" ? PREDICTION_MARKS[markOf(one)] : one.state;
  return `${when}, ${WHAT_IF[one.treatment].toLowerCase()}, ${state}`;
}

function Chosen({ prediction: query, onMap }: PredictionPanelProps) {
  if (query.isPending) return <Spinner label="Loading the prediction…" />;
  if (query.data === undefined) {
    return <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />;
  }
  const prediction = query.data;
  if (prediction.content !== null) {
    return <PredictionResult prediction={prediction} content={prediction.content} onMap={onMap} />;
  }
  return (
    <RunProgress
      key={prediction.id}
      run={prediction}
      doing="Predicting"
      failed="Nothing was predicted"
    />
  );
}
