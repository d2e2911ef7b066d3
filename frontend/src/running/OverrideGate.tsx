import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { jobKeys, retryJob } from "@/api/jobs";
import type { Job } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import fields from "@/ui/Field.module.css";
import { ProblemNotice } from "@/ui/Notice";
import { idempotencyKey } from "@/ui/randomKeys";

/** The code of a run on an image that the gate held back. */
export const HELD_BACK = "input_unusual";
/** As the server asks for; shorter is no reason. */
const LEAST_WORDS = 10;
const MOST_WORDS = 500;

interface OverrideGateProps {
  jobId: string;
  onStarted: (job: Job) => void;
}

/** Run on an image that the gate held back, for a reason that is kept with the job. */
export function OverrideGate({ jobId, onStarted }: OverrideGateProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button small onClick={() => setOpen(true)}>
        Run all the same…
      </Button>
      {open && <ReasonDialog jobId={jobId} onStarted={onStarted} onClose={() => setOpen(false)} />}
    </>
  );
}

function ReasonDialog({ jobId, onStarted, onClose }: OverrideGateProps & { onClose: () => void }) {
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [key] = useState(idempotencyKey);
  const words = reason.trim();
  const start = useMutation({
    mutationFn: () => retryJob(jobId, key, words),
    onSuccess: async (job) => {
      onClose();
      onStarted(job);
      await client.invalidateQueries({ queryKey: jobKeys.all });
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Run on an unusual image?"
      description="The models were not made for images like this one: what they say of it may be wrong without looking wrong. Your reason is kept with the job."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="danger"
            disabled={words.length < LEAST_WORDS || start.isPending}
            onClick={() => start.mutate()}
          >
            {start.isPending ? "Starting…" : "Run all the same"}
          </Button>
        </>
      }
    >
      <label className={fields.label}>
        Reason
        <textarea
          className={fields.input}
          rows={3}
          maxLength={MOST_WORDS}
          placeholder="Why this image may be used (no patient names)"
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </label>
      {start.isError && <ProblemNotice error={start.error} />}
    </Dialog>
  );
}
