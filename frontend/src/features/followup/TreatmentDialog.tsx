import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import {
  changeTreatment,
  createTreatment,
  deleteTreatment,
  type Treatment,
  type TreatmentKind,
} from "@/api/followup";
import { Button } from "@/ui/Button";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { Dialog } from "@/ui/Dialog";
import fields from "@/ui/Field.module.css";
import { ProblemNotice } from "@/ui/Notice";
import { idempotencyKey } from "@/ui/randomKeys";
import styles from "./Panels.module.css";
import { useRefresh } from "./useFollowup";
import { TREATMENTS } from "./words";

const NOTE_MAX = 200;

interface TreatmentDialogProps {
  studyUid: string;
  /** The one to be changed; null for a new one. */
  treatment: Treatment | null;
  onClose: () => void;
}

/** Enters, changes or removes a treatment. */
export function TreatmentDialog({ studyUid, treatment, onClose }: TreatmentDialogProps) {
  const refresh = useRefresh();
  const [kind, setKind] = useState<TreatmentKind>(treatment?.kind ?? "radiotherapy");
  const [from, setFrom] = useState(treatment?.started_on ?? "");
  const [to, setTo] = useState(treatment?.ended_on ?? "");
  const [note, setNote] = useState(treatment?.note ?? "");
  const [isAsking, setAsking] = useState(false);
  const [key] = useState(idempotencyKey);
  const done = () => {
    refresh();
    onClose();
  };
  const save = useMutation({
    mutationFn: () => {
      const body = { kind, started_on: from, ended_on: to === "" ? null : to, note: note.trim() };
      return treatment === null
        ? createTreatment(studyUid, body, key)
        : changeTreatment(treatment.id, body);
    },
    onSuccess: done,
  });
  const remove = useMutation({
    mutationFn: () => deleteTreatment(treatment?.id ?? ""),
    onSuccess: done,
  });
  const isReversed = from !== "" && to !== "" && to < from;

  if (isAsking) {
    return (
      <ConfirmDialog
        open
        title="Delete this treatment?"
        description="It goes from the timeline of this patient. Comparisons and predictions stay."
        action="Delete"
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
        onClose={() => setAsking(false)}
      >
        {remove.isError && <ProblemNotice error={remove.error} />}
      </ConfirmDialog>
    );
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={treatment === null ? "Add a treatment" : "Change the treatment"}
      footer={
        <>
          {treatment !== null && (
            <Button variant="danger" onClick={() => setAsking(true)}>
              Delete…
            </Button>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            disabled={from === "" || isReversed || save.isPending}
            onClick={() => save.mutate()}
          >
            {save.isPending ? "Saving…" : "Save"}
          </Button>
        </>
      }
    >
      <div className={styles.fields}>
        <label className={fields.label}>
          Kind
          <select
            className={fields.select}
            value={kind}
            onChange={(event) => setKind(event.target.value as TreatmentKind)}
          >
            {Object.entries(TREATMENTS).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <span />
        <label className={fields.label}>
          Started on
          <input
            className={fields.input}
            type="date"
            value={from}
            onChange={(event) => setFrom(event.target.value)}
          />
        </label>
        <label className={fields.label}>
          Ended on (empty: one day)
          <input
            className={fields.input}
            type="date"
            value={to}
            onChange={(event) => setTo(event.target.value)}
          />
        </label>
        <label className={`${fields.label} ${styles.wide}`}>
          Note
          <input
            className={fields.input}
            value={note}
            maxLength={NOTE_MAX}
            onChange={(event) => setNote(event.target.value)}
          />
        </label>
      </div>
      {isReversed && <p role="alert">It ends before it starts.</p>}
      {save.isError && <ProblemNotice error={save.error} />}
    </Dialog>
  );
}
