import type { KeyboardEvent, MouseEvent } from "react";
import type { TimelineStudy } from "@/api/followup";
import { bestSeries, type Role } from "./choice";
import styles from "./Timeline.module.css";
import { dayOf, type Span } from "./timeline";
import { percentX } from "./timelinePlaces";

const ROLES: Record<Role, string> = { base: "chosen as base", follow: "chosen as follow-up" };
const LETTERS: Record<Role, string> = { base: "B", follow: "F" };

interface StudyMarkProps {
  study: TimelineStudy;
  lane: string;
  span: Span;
  role: Role | null;
  onPick: () => void;
  onRole: (role: Role) => void;
}

export function StudyMark({ study, lane, span, role, onPick, onRole }: StudyMarkProps) {
  const day = dayOf(study.date ?? "");
  const hasImage = bestSeries(study) !== null;
  const words = [
    `${lane} study of ${study.date}`,
    study.description,
    role === null ? "" : ROLES[role],
    hasImage ? "" : "no acquired image",
  ];
  const text = words.filter(Boolean).join(", ");

  function key(event: KeyboardEvent): void {
    const wished: Role | undefined = ({ b: "base", f: "follow" } as const)[event.key.toLowerCase()];
    if (wished === undefined || !hasImage) return;
    event.preventDefault();
    onRole(wished);
  }

  function click(event: MouseEvent): void {
    if (event.shiftKey) onRole("base");
    else onPick();
  }

  return (
    <button
      type="button"
      className={styles.study}
      style={{ left: percentX(day, span) }}
      data-mark={day}
      data-role={role ?? undefined}
      aria-label={text}
      aria-pressed={role !== null}
      disabled={!hasImage}
      title={`${text}\nClick: choose · Shift+click or B: base · F: follow-up`}
      onClick={click}
      onKeyDown={key}
    >
      <svg viewBox="-11 -11 22 22" aria-hidden="true">
        <Shape lane={lane} />
        {role !== null && (
          <text className={styles.letter} y="3.5" textAnchor="middle">
            {LETTERS[role]}
          </text>
        )}
      </svg>
    </button>
  );
}

/** The modality's own shape: it is told without colour too. */
function Shape({ lane }: { lane: string }) {
  if (lane === "CT") return <rect x="-6" y="-6" width="12" height="12" rx="1.5" />;
  if (lane === "PT") return <path d="M0-8L7 5H-7Z" />;
  return <circle r="6.5" />;
}
