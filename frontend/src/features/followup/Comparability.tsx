import { CircleCheck, CircleX, TriangleAlert } from "lucide-react";
import type { ComparabilityReason, Comparability as Judgement } from "@/api/followup";
import { cx } from "@/ui/cx";
import { figureText } from "./figures";
import panels from "./Panels.module.css";
import styles from "./Tables.module.css";

const MARKS = {
  pass: { icon: CircleCheck, tone: panels.good, word: "passes" },
  warn: { icon: TriangleAlert, tone: panels.caution, word: "look twice" },
  fail: { icon: CircleX, tone: panels.bad, word: "fails" },
} as const;

/** Whether the two images can be measured against each other, before any change is told. */
export function Comparability({ judgement }: { judgement: Judgement }) {
  const { comparable, score, reasons } = judgement;
  const Icon = comparable ? CircleCheck : CircleX;
  return (
    <section
      className={cx(styles.capsule, !comparable && styles.refused)}
      aria-label="Comparability"
    >
      <p className={cx(panels.verdict, comparable ? panels.good : panels.bad)} role="status">
        <Icon aria-hidden />
        {comparable ? "Comparable" : "Not comparable"}
        <span className={styles.score}>score {score.toFixed(2)}</span>
      </p>
      {!comparable && (
        <p className={panels.quiet}>
          No change is told between these two images. What follows are the two measurements alone.
        </p>
      )}
      <table className={styles.table} aria-label="Reasons">
        <tbody>
          {reasons.map((reason) => (
            <ReasonRow key={reason.code} reason={reason} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function ReasonRow({ reason }: { reason: ComparabilityReason }) {
  const { icon: Icon, tone, word } = MARKS[reason.status];
  return (
    <tr>
      <td className={cx(styles.mark, tone)}>
        <Icon aria-label={word} role="img" />
      </td>
      <td>{reason.text}</td>
      <td className={styles.figure}>{figureText(reason.figure, reason.unit)}</td>
      <td className={cx(styles.figure, panels.quiet)}>{reason.limit ?? ""}</td>
    </tr>
  );
}
