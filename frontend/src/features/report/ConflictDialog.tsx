import type { Draft, Sentence } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { instant } from "@/ui/format";
import styles from "./ConflictDialog.module.css";
import { differences } from "./draftModel";

interface ConflictDialogProps {
  mine: readonly Sentence[];
  theirs: Draft;
  onKeepMine: () => void;
  onTakeTheirs: () => void;
}

/** Someone else stored the draft meanwhile: nothing is overwritten before a person chose. */
export function ConflictDialog({ mine, theirs, onKeepMine, onTakeTheirs }: ConflictDialogProps) {
  const rows = differences(mine, theirs.sentences);
  const who = theirs.updated_by ?? "Someone else";
  return (
    <Dialog
      open
      wide
      onClose={onTakeTheirs}
      title="This draft was changed elsewhere"
      description={`${who} stored version ${theirs.version} on ${instant(theirs.updated_at)}. Choose which text stays; both versions are kept in the history.`}
      footer={
        <>
          <Button onClick={onTakeTheirs}>Take theirs</Button>
          <Button variant="primary" onClick={onKeepMine}>
            Keep mine
          </Button>
        </>
      }
    >
      {rows.length === 0 ? (
        <p>Both versions read the same.</p>
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Mine</th>
              <th scope="col">Theirs</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id}>
                <td>{row.mine ?? <em>removed</em>}</td>
                <td>{row.theirs ?? <em>removed</em>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Dialog>
  );
}
