import { Plus, RotateCcw, Trash2, Undo2 } from "lucide-react";
import { type Dispatch, type KeyboardEvent, useEffect, useRef } from "react";
import type { Sentence } from "@/api/types";
import { Badge } from "@/ui/Badge";
import { Button, IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { newSentenceId } from "@/ui/randomKeys";
import type { Evidence } from "@/viewer/types";
import { type DraftAction, originOf } from "./draftModel";
import { EvidenceChips } from "./EvidenceChip";
import styles from "./SentenceEditor.module.css";
import { Unlinked } from "./Unlinked";

interface SentenceEditorProps {
  sentence: Sentence;
  editable: boolean;
  /** Put the cursor here: the sentence was just added. */
  fresh: boolean;
  focused: Evidence | null;
  onFocus: (evidence: Evidence) => void;
  dispatch: Dispatch<DraftAction>;
  onAdded: (id: string) => void;
}

function Origin({ sentence }: { sentence: Sentence }) {
  const origin = originOf(sentence);
  if (origin === "person") return <Badge tone="good">Written by a person</Badge>;
  if (origin === "model") return null;
  return (
    <Badge tone="accent" title={`The model wrote: ${sentence.ai_text}`}>
      Edited
    </Badge>
  );
}

function RemovedSentence({ sentence, editable, dispatch }: SentenceEditorProps) {
  return (
    <li className={cx(styles.sentence, styles.removed)}>
      <p className={styles.struck}>
        <span className="visually-hidden">Removed: </span>
        {sentence.text}
      </p>
      {editable && (
        <Button
          small
          variant="ghost"
          icon={<Undo2 />}
          onClick={() => dispatch({ type: "restore", id: sentence.id })}
        >
          Restore
        </Button>
      )}
    </li>
  );
}

export function SentenceEditor(props: SentenceEditorProps) {
  const { sentence, editable, fresh, focused, onFocus, dispatch, onAdded } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const { id, text, section } = sentence;
  const byModel = originOf(sentence) !== "person";
  const unlinked = byModel && sentence.linked === false;

  useEffect(() => {
    if (fresh) field.current?.focus();
  }, [fresh]);

  if (sentence.removed) return <RemovedSentence {...props} />;

  function add(): void {
    const added = newSentenceId();
    dispatch({ type: "add", section, after: id, id: added });
    onAdded(added);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "Enter") {
      event.preventDefault();
      add();
    }
    if (event.key === "Backspace" && text === "") {
      event.preventDefault();
      dispatch({ type: "remove", id });
    }
  }

  return (
    <li
      className={cx(
        styles.sentence,
        byModel ? styles.byModel : styles.byPerson,
        unlinked && styles.unlinked,
      )}
    >
      {editable ? (
        <div className={styles.grow} data-text={`${text} `}>
          <textarea
            ref={field}
            rows={1}
            className={styles.field}
            aria-label={byModel ? "Sentence by the model" : "Sentence by a person"}
            placeholder="Write a sentence…"
            value={text}
            onChange={(event) => dispatch({ type: "edit", id, text: event.target.value })}
            onBlur={() => dispatch({ type: "settle" })}
            onKeyDown={onKeyDown}
          />
        </div>
      ) : (
        <p className={styles.field}>{text}</p>
      )}
      <div className={styles.below}>
        <EvidenceChips evidence={sentence.evidence} active={focused} onFocus={onFocus} />
        {unlinked && <Unlinked reason={sentence.reason} />}
        <Origin sentence={sentence} />
        {editable && (
          <div className={styles.actions}>
            {originOf(sentence) === "edited" && (
              <IconButton
                label="Back to the model's words"
                onClick={() => dispatch({ type: "revert", id })}
              >
                <RotateCcw />
              </IconButton>
            )}
            <IconButton label="Add a sentence below" onClick={add}>
              <Plus />
            </IconButton>
            <IconButton label="Remove sentence" onClick={() => dispatch({ type: "remove", id })}>
              <Trash2 />
            </IconButton>
          </div>
        )}
      </div>
    </li>
  );
}
