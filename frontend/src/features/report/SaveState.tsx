import { asProblem, nextStep } from "@/api/problem";
import type { Draft } from "@/api/types";
import { Button } from "@/ui/Button";
import { instant } from "@/ui/format";
import styles from "./DraftEditor.module.css";
import type { DraftEditing } from "./useDraftEditor";

interface SaveStateProps {
  draft: Draft;
  editing: DraftEditing;
  editable: boolean;
}

/** Where the text on screen is: typed, on its way, or saved. */
export function SaveState({ draft, editing, editable }: SaveStateProps) {
  const { saving, changed, save, model } = editing;
  if (saving.isError && asProblem(saving.error).status !== 409) {
    const problem = asProblem(saving.error);
    return (
      <span className={styles.failed} role="alert">
        Not saved: {problem.message} {nextStep(problem)}
        <Button small onClick={save}>
          Save now
        </Button>
      </span>
    );
  }
  if (saving.isPending) return <span className={styles.state}>Saving…</span>;
  if (changed) return <span className={styles.state}>Editing…</span>;
  const by = draft.updated_by ? ` by ${draft.updated_by}` : "";
  return (
    <span className={styles.state} title={`Last saved ${instant(draft.updated_at)}${by}`}>
      Saved, version {model.version}
      {editable ? "" : " · read only"}
    </span>
  );
}
