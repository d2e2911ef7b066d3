import { useState } from "react";
import { useMe } from "@/api/me";
import type { Check, Plan } from "@/api/planning";
import { Dialog } from "@/ui/Dialog";
import styles from "./Checks.module.css";
import { OutcomeBadge } from "./checkMarks";
import { figureText } from "./figures";
import panels from "./Panels.module.css";
import { pictureOf, tally } from "./planModel";

interface ChecksPanelProps {
  plan: Plan;
  /** A check was opened: it counts as looked at. */
  onSeen: (key: string) => void;
}

/** The numbered checks that a physicist makes before a synthetic CT is used. */
export function ChecksPanel({ plan, onSeen }: ChecksPanelProps) {
  const manages = useMe().data?.roles.includes("administrator") ?? false;
  return (
    <div className={panels.panel}>
      <div className={panels.block}>
        <p className={panels.lead}>
          Open each check to read its sentence and look at its picture; what you opened is kept with
          your decision. Limits: version {plan.limits.version}.
          {manages && (
            <>
              {" "}
              <a href="/admin/planning/limitset/">Edit the limits</a> or{" "}
              <a href="/admin/planning/plantemplate/">the templates</a>.
            </>
          )}
        </p>
        <div className={panels.badges}>
          {tally(plan.checks).map(([status, amount]) => (
            <OutcomeBadge key={status} status={status} amount={amount} />
          ))}
        </div>
      </div>
      <ol className={styles.list} aria-label="Checks">
        {plan.checks.map((check) => (
          <CheckItem key={check.key} plan={plan} check={check} onSeen={onSeen} />
        ))}
      </ol>
    </div>
  );
}

interface CheckItemProps extends ChecksPanelProps {
  check: Check;
}

function CheckItem({ plan, check, onSeen }: CheckItemProps) {
  const [isOpen, setOpen] = useState(false);
  const view = plan.required_views.find(({ key }) => key === `check:${check.key}`);

  function toggle(): void {
    setOpen(!isOpen);
    if (!isOpen && view !== undefined) onSeen(view.key);
  }

  return (
    <li className={styles.check} data-status={check.status}>
      <button type="button" className={styles.head} aria-expanded={isOpen} onClick={toggle}>
        <span className={styles.number}>{check.number}</span>
        <span className={styles.title}>
          {check.title}
          {view?.viewed === false && <span className={styles.seen}>not opened</span>}
        </span>
        <span className={styles.figure}>
          {check.figure === null ? "" : figureText(check.figure, check.unit)}
        </span>
        <OutcomeBadge status={check.status} />
      </button>
      {isOpen && <CheckBody plan={plan} check={check} />}
    </li>
  );
}

function CheckBody({ plan, check }: { plan: Plan; check: Check }) {
  const [isLarge, setLarge] = useState(false);
  const picture = pictureOf(plan, check);
  return (
    <div className={styles.body}>
      <p>{check.text}</p>
      {check.limit !== "" && <p className={styles.limit}>Limit: {check.limit}</p>}
      {picture !== null && (
        <button
          type="button"
          className={styles.picture}
          aria-label={`Enlarge: ${picture.title}`}
          onClick={() => setLarge(true)}
        >
          <img src={picture.url} alt={picture.title} loading="lazy" />
        </button>
      )}
      {picture !== null && (
        <Dialog open={isLarge} onClose={() => setLarge(false)} title={picture.title} wide>
          <img className={styles.large} src={picture.url} alt={check.text} />
        </Dialog>
      )}
    </div>
  );
}
