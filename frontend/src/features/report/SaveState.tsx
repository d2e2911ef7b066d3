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

/** Where the text on screen is: typed, on its way, or stored. */
export function SaveState({ draft, editing, editable }: SaveStateProps) {
  const { saving, changed, save, model } = editing;
  if (saving.isError && asProblem(saving.error).status !== 409) {
    const problem = asProblem(saving.error);
    return (
      <span className={styles.failed} role="alert">
        Not stored: {problem.message} {nextStep(problem)}
        <Button small onClick={save}>
          Store now
        </Button>
      </span>
    );
  }
  if (saving.isPending) return <span className={styles.state}>Storing…</span>;
  if (changed) return <span className={styles.state}>Not stored yet…</span>;
  const by = draft.updated_by ? ` by ${draft.updated_by}` : "";
  return (
    <span className={styles.state} title={`Last stored ${instant(draft.updated_at)}${by}`}>
      Version {model.version} stored{editable ? "" : " · read only"}
    </span>
  );
}
