import { History, Plus, Redo2, Undo2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useMay } from "@/api/me";
import type { Draft } from "@/api/types";
import type { Section } from "@/live/protocol";
import { Button, IconButton } from "@/ui/Button";
import { newSentenceId } from "@/ui/randomKeys";
import type { Evidence } from "@/viewer/types";
import { ConflictDialog } from "./ConflictDialog";
import styles from "./DraftEditor.module.css";
import { DraftHistory } from "./DraftHistory";
import { SaveState } from "./SaveState";
import { SentenceEditor } from "./SentenceEditor";
import { SECTIONS } from "./sections";
import { type DraftEditing, useDraftEditor } from "./useDraftEditor";

interface DraftEditorProps {
  draft: Draft;
  focused: Evidence | null;
  onFocus: (evidence: Evidence) => void;
}

/** Ctrl+Z, Ctrl+Shift+Z and Ctrl+S while the cursor is in the draft. */
function useDraftKeys({ dispatch, save, changed }: DraftEditing) {
  const area = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = area.current;
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey)) return;
      const key = event.key.toLowerCase();
      if (key !== "z" && key !== "y" && key !== "s") return;
      event.preventDefault();
      if (key === "s") {
        if (changed) save();
      } else {
        dispatch({ type: key === "y" || event.shiftKey ? "redo" : "undo" });
      }
    };
    element?.addEventListener("keydown", onKey);
    return () => element?.removeEventListener("keydown", onKey);
  }, [dispatch, save, changed]);
  return area;
}

export function DraftEditor({ draft, focused, onFocus }: DraftEditorProps) {
  const editing = useDraftEditor(draft);
  const editable = useMay("draft.edit");
  const [added, setAdded] = useState<string | null>(null);
  const [isHistoryOpen, setIsHistoryOpen] = useState(false);
  const area = useDraftKeys(editing);
  const { model, dispatch, theirs } = editing;

  function add(section: Section): void {
    const id = newSentenceId();
    dispatch({ type: "add", section, after: null, id });
    setAdded(id);
  }

  return (
    <article ref={area} className={styles.draft} aria-label="Draft report">
      <div className={styles.bar}>
        <SaveState draft={draft} editing={editing} editable={editable} />
        <span className={styles.tools}>
          <IconButton label="History" onClick={() => setIsHistoryOpen(true)}>
            <History />
          </IconButton>
          {editable && (
            <>
              <IconButton
                label="Undo (Ctrl Z)"
                disabled={model.past.length === 0}
                onClick={() => dispatch({ type: "undo" })}
              >
                <Undo2 />
              </IconButton>
              <IconButton
                label="Redo (Ctrl Shift Z)"
                disabled={model.future.length === 0}
                onClick={() => dispatch({ type: "redo" })}
              >
                <Redo2 />
              </IconButton>
            </>
          )}
        </span>
      </div>
      {SECTIONS.map(({ section, title }) => (
        <section key={section} className={styles.section}>
          <h3 className={styles.heading}>{title}</h3>
          <ul className={styles.list}>
            {model.sentences
              .filter((sentence) => sentence.section === section)
              .map((sentence) => (
                <SentenceEditor
                  key={sentence.id}
                  sentence={sentence}
                  editable={editable}
                  fresh={sentence.id === added}
                  focused={focused}
                  onFocus={onFocus}
                  dispatch={dispatch}
                  onAdded={setAdded}
                />
              ))}
          </ul>
          {editable && (
            <Button small variant="ghost" icon={<Plus />} onClick={() => add(section)}>
              Add sentence
            </Button>
          )}
        </section>
      ))}
      {isHistoryOpen && (
        <DraftHistory
          draftId={draft.id}
          newest={model.version}
          onClose={() => setIsHistoryOpen(false)}
        />
      )}
      {theirs !== null && (
        <ConflictDialog
          mine={model.sentences}
          theirs={theirs}
          onKeepMine={editing.keepMine}
          onTakeTheirs={editing.takeTheirs}
        />
      )}
    </article>
  );
}
