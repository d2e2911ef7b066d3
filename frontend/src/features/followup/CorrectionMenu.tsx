import { useMutation } from "@tanstack/react-query";
import { MoreHorizontal } from "lucide-react";
import { useState } from "react";
import { type Comparison, type CorrectionWish, correctLesion, type Lesion } from "@/api/followup";
import { useMay } from "@/api/me";
import { Button, IconButton } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import fields from "@/ui/Field.module.css";
import { Menu, MenuItem, MenuSeparator } from "@/ui/Menu";
import { ProblemNotice } from "@/ui/Notice";
import { idempotencyKey } from "@/ui/randomKeys";
import { correctionsFor, type OfferedCorrection } from "./corrections";
import panels from "./Panels.module.css";
import { useRefresh } from "./useFollowup";

const REASON_MIN = 3;
const REASON_MAX = 500;

interface CorrectionMenuProps {
  lesion: Lesion;
  comparison: Comparison;
}

/** What a person may say of a lesion. Nothing is overwritten: each word and its reason are kept. */
export function CorrectionMenu({ lesion, comparison }: CorrectionMenuProps) {
  const mayCorrect = useMay("followup.correct");
  const [wish, setWish] = useState<OfferedCorrection | null>(null);
  const offered = correctionsFor(lesion, comparison.lesions);
  return (
    <>
      <Menu
        trigger={
          <IconButton
            label={`Correct ${lesion.name}`}
            disabled={!mayCorrect}
            {...(mayCorrect ? {} : { title: "Your role does not allow corrections" })}
          >
            <MoreHorizontal />
          </IconButton>
        }
        heading={`Correct ${lesion.name}`}
      >
        {offered.states.map((one) => (
          <MenuItem key={one.title} onSelect={() => setWish(one)}>
            {one.title}
          </MenuItem>
        ))}
        <MenuSeparator />
        {offered.others.map((one) => (
          <MenuItem key={one.title} onSelect={() => setWish(one)}>
            {one.title}
          </MenuItem>
        ))}
      </Menu>
      {wish !== null && (
        <ReasonDialog
          key={wish.title}
          comparison={comparison}
          wish={wish}
          name={lesion.name}
          onClose={() => setWish(null)}
        />
      )}
    </>
  );
}

interface ReasonDialogProps {
  comparison: Comparison;
  wish: OfferedCorrection;
  name: string;
  onClose: () => void;
}

function ReasonDialog({ comparison, wish, name, onClose }: ReasonDialogProps) {
  const refresh = useRefresh();
  const [reason, setReason] = useState("");
  const [key] = useState(idempotencyKey);
  const save = useMutation({
    mutationFn: () => {
      const body: CorrectionWish = { ...wish.body, reason: reason.trim() };
      return correctLesion(comparison.id, body, key);
    },
    onSuccess: () => {
      refresh();
      onClose();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`${name}: ${wish.title}`}
      description="The model's own finding stays stored beside what you say."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            disabled={reason.trim().length < REASON_MIN || save.isPending}
            onClick={() => save.mutate()}
          >
            {save.isPending ? "Saving…" : "Save"}
          </Button>
        </>
      }
    >
      <div className={panels.block}>
        <label className={fields.label}>
          Reason
          <textarea
            className={fields.textarea}
            value={reason}
            maxLength={REASON_MAX}
            rows={3}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
        {save.isError && <ProblemNotice error={save.error} />}
      </div>
    </Dialog>
  );
}
