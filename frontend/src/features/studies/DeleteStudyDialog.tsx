import { useMutation, useQueryClient } from "@tanstack/react-query";
import { deleteStudy, studyKeys } from "@/api/studies";
import type { Study } from "@/api/types";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { calendarDate, count, personName } from "@/ui/format";
import { ProblemNotice } from "@/ui/Notice";
import { showToast } from "@/ui/toasts";

interface DeleteStudyDialogProps {
  study: Study | null;
  onClose: () => void;
}

export function DeleteStudyDialog({ study, onClose }: DeleteStudyDialogProps) {
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: deleteStudy,
    onSuccess: () => {
      showToast({ tone: "good", text: "The study was deleted." });
      onClose();
      return client.invalidateQueries({ queryKey: studyKeys.all });
    },
  });

  if (study === null) return null;
  const what = `${personName(study.patient.name)}, ${calendarDate(study.study_date)}`;
  return (
    <ConfirmDialog
      open
      title="Delete this study?"
      description={`${what}: ${count(study.instance_count, "image")} and every draft and measurement made on them are removed from the archive. This cannot be undone.`}
      action="Delete study"
      busy={removal.isPending}
      onConfirm={() => removal.mutate(study.study_uid)}
      onClose={() => {
        removal.reset();
        onClose();
      }}
    >
      {removal.isError && <ProblemNotice error={removal.error} />}
    </ConfirmDialog>
  );
}
