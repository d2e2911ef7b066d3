import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { describeEvaluation, type EvaluationBrief, evaluationKeys } from "@/api/evaluation";
import { listPipelines, pipelinesKey } from "@/api/pipelines";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import fields from "@/ui/Field.module.css";
import { ProblemNotice } from "@/ui/Notice";
import styles from "./Evaluation.module.css";

/** Title, note, and the model that the figures are of; the figures themselves never change. */
export function DescribeDialog({ run, onClose }: { run: EvaluationBrief; onClose: () => void }) {
  const client = useQueryClient();
  const pipelines = useQuery({ queryKey: pipelinesKey, queryFn: listPipelines });
  const [title, setTitle] = useState(run.title);
  const [note, setNote] = useState(run.note);
  const [pipeline, setPipeline] = useState(run.pipeline?.name ?? "");
  const keepsVersion = run.pipeline !== null && pipeline === run.pipeline.name;
  const change = useMutation({
    mutationFn: () =>
      describeEvaluation(run.id, {
        title: title.trim(),
        note: note.trim(),
        pipeline,
        pipeline_version: keepsVersion ? (run.pipeline?.version ?? "") : "",
      }),
    onSuccess: () => {
      onClose();
      return client.invalidateQueries({ queryKey: evaluationKeys.all });
    },
  });

  return (
    <Dialog open onClose={onClose} title="Describe this evaluation">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <label className={fields.label}>
          Title
          <input
            className={fields.input}
            maxLength={200}
            placeholder={run.prediction_name}
            value={title}
            onChange={(event) => setTitle(event.target.value)}
          />
        </label>
        <label className={fields.label}>
          Model that it is an evaluation of
          <select
            className={fields.select}
            value={pipeline}
            onChange={(event) => setPipeline(event.target.value)}
          >
            <option value="">None of the registry</option>
            {run.pipeline !== null && (
              <option value={run.pipeline.name}>
                {run.pipeline.name} {run.pipeline.version}
              </option>
            )}
            {pipelines.data
              ?.filter(({ name }) => name !== run.pipeline?.name)
              .map(({ name, version }) => (
                <option key={name} value={name}>
                  {name} {version}
                </option>
              ))}
          </select>
          <span className={fields.hint}>Its figures then stand in the card of that version.</span>
        </label>
        <label className={fields.label}>
          Note
          <textarea
            className={fields.textarea}
            rows={4}
            maxLength={4000}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        </label>
        {change.isError && <ProblemNotice error={change.error} />}
        <div className={styles.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={change.isPending}>
            {change.isPending ? "Saving…" : "Save"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
