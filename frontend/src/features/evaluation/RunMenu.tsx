import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, FileJson, PencilLine, Table, Trash2 } from "lucide-react";
import { useState } from "react";
import {
  contentAddress,
  deleteEvaluation,
  type EvaluationBrief,
  evaluationKeys,
  tableAddress,
} from "@/api/evaluation";
import { useMay, useMe } from "@/api/me";
import { IconButton } from "@/ui/Button";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { Menu, MenuItem, MenuSeparator } from "@/ui/Menu";
import { ProblemNotice } from "@/ui/Notice";
import { showToast } from "@/ui/toasts";
import { runTitle } from "./choice";
import { DescribeDialog } from "./DescribeDialog";

function DeleteDialog({ run, onClose }: { run: EvaluationBrief; onClose: () => void }) {
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: () => deleteEvaluation(run.id),
    onSuccess: () => {
      showToast({ tone: "good", text: "The evaluation was deleted." });
      onClose();
      return client.invalidateQueries({ queryKey: evaluationKeys.all });
    },
  });
  return (
    <ConfirmDialog
      open
      title="Delete this evaluation?"
      description={`${runTitle(run)} on ${run.data_name}: its figures and the imported file are removed here, and it no longer counts in the card of its model. This cannot be undone; the file can be imported again.`}
      action="Delete evaluation"
      busy={removal.isPending}
      onConfirm={() => removal.mutate()}
      onClose={onClose}
    >
      {removal.isError && <ProblemNotice error={removal.error} />}
    </ConfirmDialog>
  );
}

/** What can be done with one run. */
export function RunMenu({ run }: { run: EvaluationBrief }) {
  const [open, setOpen] = useState<"delete" | "describe" | null>(null);
  const { data: me } = useMe();
  const mayImport = useMay("evaluation.import");
  const mayDelete =
    useMay("evaluation.delete") && (run.own || (me?.roles.includes("administrator") ?? false));
  const close = () => setOpen(null);
  return (
    <>
      <Menu
        trigger={
          <IconButton label={`More on ${runTitle(run)}`}>
            <Ellipsis />
          </IconButton>
        }
      >
        <MenuItem
          icon={<FileJson />}
          onSelect={() => window.location.assign(contentAddress(run.id))}
        >
          Download JSON
        </MenuItem>
        <MenuItem icon={<Table />} onSelect={() => window.location.assign(tableAddress(run.id))}>
          Download CSV
        </MenuItem>
        {mayImport && (
          <MenuItem icon={<PencilLine />} onSelect={() => setOpen("describe")}>
            Describe and link…
          </MenuItem>
        )}
        {mayDelete && (
          <>
            <MenuSeparator />
            <MenuItem danger icon={<Trash2 />} onSelect={() => setOpen("delete")}>
              Delete…
            </MenuItem>
          </>
        )}
      </Menu>
      {open === "delete" && <DeleteDialog run={run} onClose={close} />}
      {open === "describe" && <DescribeDialog run={run} onClose={close} />}
    </>
  );
}
