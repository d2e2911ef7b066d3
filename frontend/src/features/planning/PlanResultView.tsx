import type { Plan } from "@/api/planning";
import { AiMadeBadge } from "@/ui/marks";
import { Notice } from "@/ui/Notice";
import { PlanStateBadge } from "./checkMarks";
import { DvhPanel } from "./DvhPanel";
import { ObjectiveChart } from "./ObjectiveChart";
import styles from "./Panels.module.css";
import { AgreementTable, BeamsTable, ConstraintsTable, IndicesTable } from "./PlanTables";
import { prescriptionOf } from "./planModel";

interface PlanResultViewProps {
  plan: Plan;
  onSeen: (key: string) => void;
}

/** The finished plan: what was asked for, the DVH and its figures. */
export function PlanResultView({ plan, onSeen }: PlanResultViewProps) {
  const { result } = plan;
  if (result === null) return null;
  const prescription = prescriptionOf(result);
  const { fractions, machine } = result.template;
  return (
    <>
      <section className={styles.block} aria-label="Plan">
        <div className={styles.badges}>
          <PlanStateBadge state={plan.state} />
          <AiMadeBadge />
        </div>
        <dl className={styles.facts}>
          <dt>Template</dt>
          <dd>
            {plan.template.name} (version {plan.template.version})
          </dd>
          <dt>Prescription</dt>
          <dd>
            {prescription ?? "–"} Gy
            {typeof fractions === "number" && ` in ${fractions} fractions`}
          </dd>
          <dt>Planned on</dt>
          <dd>{result.image.synthetic ? "Synthetic CT (AI-made)" : "Acquired CT"}</dd>
          <dt>Machine</dt>
          <dd>{typeof machine === "string" ? machine : "–"} (research model, not for treatment)</dd>
        </dl>
      </section>
      {result.warnings.length > 0 && (
        <Notice tone="caution" title="Noticed while planning">
          {result.warnings.map(({ code, text }) => (
            <p key={`${code}${text}`}>{text}</p>
          ))}
        </Notice>
      )}
      <DvhPanel result={result} onSeen={() => onSeen("dvh")} />
      <IndicesTable indices={result.indices} />
      <ConstraintsTable result={result} />
      <AgreementTable result={result} />
      <BeamsTable result={result} />
      <section className={styles.block} aria-label="Optimisation">
        <h3>Optimisation</h3>
        <ObjectiveChart curve={result.objective} />
        <p className={styles.quiet}>
          {Object.entries(result.software)
            .map(([name, version]) => `${name} ${version}`)
            .join(", ")}
        </p>
      </section>
    </>
  );
}
