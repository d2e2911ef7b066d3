import { Check, CircleDashed, ThumbsDown, ThumbsUp, Undo2 } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/api/me";
import type { Decision, DecisionKind, Plan } from "@/api/planning";
import { Button } from "@/ui/Button";
import fields from "@/ui/Field.module.css";
import { instant } from "@/ui/format";
import { Notice, ProblemNotice } from "@/ui/Notice";
import { ExportBlock } from "./ExportBlock";
import styles from "./Panels.module.css";
import { decisionsIn, hasFailed, obstacles, viewedKeys } from "./planModel";
import { useDecision } from "./usePlans";

/** Approve or reject, with a reason; what was looked at and what was decided before. */
export function DecisionPanel({ plan }: { plan: Plan }) {
  return (
    <div className={styles.panel}>
      <RequiredViews plan={plan} />
      {plan.result !== null && <DecisionForm key={plan.state} plan={plan} />}
      <History decisions={plan.decisions} />
      <ExportBlock plan={plan} />
    </div>
  );
}

function RequiredViews({ plan }: { plan: Plan }) {
  const open = plan.required_views.filter(({ viewed }) => !viewed).length;
  return (
    <section className={styles.block} aria-label="What has been looked at">
      <h3>Looked at</h3>
      <p className={styles.quiet} role="status">
        {open === 0
          ? "You have looked at everything that an approval needs."
          : `${open} of ${plan.required_views.length} still to be opened by you.`}
      </p>
      <ul className={styles.list}>
        {plan.required_views.map(({ key, title, viewed }) => (
          <li key={key}>
            {viewed ? (
              <Check className={styles.done} aria-label="Looked at:" />
            ) : (
              <CircleDashed className={styles.open} aria-label="Not yet:" />
            )}
            <span>
              {title}
              {!viewed && <span className={styles.quiet}> – {howToSee(key)}</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function howToSee(key: string): string {
  if (key === "images") return "choose Side by side or a fusion at the images (B, Shift F)";
  return key === "dvh" ? "open the tab Plan" : "open it in the tab Acceptance";
}

const WORDS: Record<DecisionKind, string> = {
  approved: "approve",
  rejected: "reject",
  withdrawn: "withdraw",
};

function DecisionForm({ plan }: { plan: Plan }) {
  const mayApprove = useMay("plan.approve");
  const [reason, setReason] = useState("");
  const [acceptFailed, setAcceptFailed] = useState(false);
  const decision = useDecision(plan);
  const kinds = decisionsIn(plan.state);
  if (kinds.length === 0) return null;
  const why = (kind: DecisionKind) => obstacles({ plan, kind, reason, acceptFailed, mayApprove });

  function take(kind: DecisionKind): void {
    decision.mutate({
      kind,
      reason: reason.trim(),
      result_sha256: plan.result_sha256,
      viewed: viewedKeys(plan),
      accept_failed: acceptFailed,
    });
  }

  return (
    <section className={styles.block} aria-label="Decision">
      <h3>Decision</h3>
      <label className={fields.label}>
        Reason, kept for good
        <textarea
          className={`${fields.textarea} ${styles.reason}`}
          value={reason}
          disabled={!mayApprove}
          onChange={(event) => setReason(event.target.value)}
        />
      </label>
      {plan.state === "review" && hasFailed(plan) && (
        <label className={styles.tick}>
          <input
            type="checkbox"
            checked={acceptFailed}
            onChange={(event) => setAcceptFailed(event.target.checked)}
          />
          A check has failed. I have read it and accept the plan all the same; the reason says why.
        </label>
      )}
      <div className={styles.actions}>
        {kinds.map((kind) => (
          <DecisionButton
            key={kind}
            kind={kind}
            why={why(kind)}
            isBusy={decision.isPending}
            onTake={() => take(kind)}
          />
        ))}
      </div>
      <Obstacles kinds={kinds} why={why} />
      {decision.isError && <ProblemNotice error={decision.error} />}
    </section>
  );
}

const BUTTONS = {
  approved: { title: "Approve", icon: <ThumbsUp />, variant: "primary" },
  rejected: { title: "Reject", icon: <ThumbsDown />, variant: "danger" },
  withdrawn: { title: "Withdraw the decision", icon: <Undo2 />, variant: "danger" },
} as const;

interface DecisionButtonProps {
  kind: DecisionKind;
  why: readonly string[];
  isBusy: boolean;
  onTake: () => void;
}

function DecisionButton({ kind, why, isBusy, onTake }: DecisionButtonProps) {
  const { title, icon, variant } = BUTTONS[kind];
  return (
    <Button
      variant={variant}
      icon={icon}
      disabled={why.length > 0 || isBusy}
      title={why.join(" ")}
      aria-describedby={why.length > 0 ? `why-${kind}` : undefined}
      onClick={onTake}
    >
      {isBusy ? "Saving…" : title}
    </Button>
  );
}

interface ObstaclesProps {
  kinds: readonly DecisionKind[];
  why: (kind: DecisionKind) => string[];
}

function Obstacles({ kinds, why }: ObstaclesProps) {
  return (
    <div className={styles.quiet}>
      {kinds.map((kind) => {
        const found = why(kind);
        if (found.length === 0) return null;
        return (
          <p key={kind} id={`why-${kind}`}>
            To {WORDS[kind]}: {found.join(" ")}
          </p>
        );
      })}
    </div>
  );
}

function History({ decisions }: { decisions: readonly Decision[] }) {
  return (
    <section className={styles.block} aria-label="History of decisions">
      <h3>History</h3>
      {decisions.length === 0 && (
        <p className={styles.quiet}>Nobody has decided about this plan yet.</p>
      )}
      <ol>
        {decisions.map((one) => (
          <li key={one.id} className={styles.decision}>
            <span>
              <strong>{one.kind}</strong> by {one.by}, {instant(one.created_at)}
              {one.accept_failed && " · although a check had failed"}
            </span>
            <span>{one.reason}</span>
          </li>
        ))}
      </ol>
      {decisions.at(-1)?.kind === "rejected" && (
        <Notice title="This plan was rejected">
          Plan again with other inputs or another template; both plans are kept.
        </Notice>
      )}
    </section>
  );
}
