import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { asProblem, nextStep } from "@/api/problem";
import { Button } from "./Button";
import { cx } from "./cx";
import styles from "./Notice.module.css";

type Tone = "info" | "caution" | "danger";

const ICONS = { info: Info, caution: TriangleAlert, danger: CircleAlert } as const;

interface NoticeProps {
  tone?: Tone;
  title?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
}

export function Notice({ tone = "info", title, children, actions }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div className={cx(styles.notice, styles[tone])} role={tone === "danger" ? "alert" : "note"}>
      <Icon className={styles.icon} aria-hidden />
      <div className={styles.text}>
        {title !== undefined && <strong className={styles.title}>{title}</strong>}
        {children}
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </div>
    </div>
  );
}

interface ProblemNoticeProps {
  error: unknown;
  onRetry?: () => void;
}

/** What went wrong, why, and what to do next. */
export function ProblemNotice({ error, onRetry }: ProblemNoticeProps) {
  const problem = asProblem(error);
  return (
    <Notice
      tone="danger"
      title={problem.title}
      actions={
        onRetry && (
          <Button small onClick={onRetry}>
            Try again
          </Button>
        )
      }
    >
      {problem.reasons.map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
      <p className={styles.next}>{nextStep(problem)}</p>
    </Notice>
  );
}
