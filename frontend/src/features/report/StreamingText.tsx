import type { Message } from "@/live/protocol";
import { cx } from "@/ui/cx";
import type { Evidence } from "@/viewer/types";
import { EvidenceChips } from "./EvidenceChip";
import styles from "./StreamingText.module.css";
import { SECTIONS } from "./sections";
import { Unlinked } from "./Unlinked";

interface StreamingTextProps {
  messages: readonly Message[];
  /** False once the job has ended: a sentence still open then was cut off. */
  running: boolean;
  focused: Evidence | null;
  onFocus: (evidence: Evidence) => void;
}

function StreamedSentence({
  message,
  running,
  focused,
  onFocus,
}: Omit<StreamingTextProps, "messages"> & { message: Message }) {
  const streaming = message.state === "streaming";
  const linked = message.linked !== false;
  return (
    <li className={cx(styles.sentence, !linked && styles.unlinked)}>
      <p>
        {message.text}
        {streaming && running && <span className={styles.caret} aria-hidden />}
        {streaming && !running && <span className={styles.cut}> … (cut off)</span>}
      </p>
      <div className={styles.below}>
        <EvidenceChips evidence={message.evidence} active={focused} onFocus={onFocus} />
        {!streaming && !linked && <Unlinked reason={message.reason} />}
      </div>
    </li>
  );
}

/** The sentences as they are written. */
export function StreamingText({ messages, running, focused, onFocus }: StreamingTextProps) {
  const finished = messages.filter((message) => message.state === "done");
  return (
    <div>
      {SECTIONS.map(({ section, title }) => {
        const those = messages.filter((message) => message.section === section);
        if (those.length === 0) return null;
        return (
          <section key={section} className={styles.section}>
            <h3 className={styles.heading}>{title}</h3>
            <ul className={styles.list}>
              {those.map((message) => (
                <StreamedSentence
                  key={message.message}
                  message={message}
                  running={running}
                  focused={focused}
                  onFocus={onFocus}
                />
              ))}
            </ul>
          </section>
        );
      })}
      {/* Whole sentences are read out, not every token. */}
      <div className="visually-hidden" aria-live="polite">
        {running && finished.at(-1)?.text}
      </div>
    </div>
  );
}
