import { useEffect, useMemo, useState } from "react";
import type { PlanResult } from "@/api/planning";
import { cx } from "@/ui/cx";
import styles from "./Dvh.module.css";
import { DvhChart } from "./DvhChart";
import { byStructure, type StructureDvh } from "./dvh";
import { prescriptionOf } from "./planModel";

interface DvhPanelProps {
  result: PlanResult;
  /** It was opened: counts as looked at. */
  onSeen: () => void;
}

const DASHES = [
  { key: "plan", title: "plan", className: styles.plan },
  { key: "reference", title: "reference CT", className: styles.reference },
  { key: "bulk", title: "bulk densities", className: styles.bulk },
] as const;

export function DvhPanel({ result, onSeen }: DvhPanelProps) {
  const all = useMemo(() => byStructure(result.dvh, result.structures), [result]);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const shown = all.filter(({ name }) => !hidden.has(name));
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each result
  useEffect(onSeen, [result]);

  function toggle(name: string): void {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    setHidden(next);
  }

  return (
    <section className={styles.panel} aria-label="Dose-volume histogram">
      <h3>Dose-volume histogram</h3>
      <div className={styles.structures}>
        {all.map((one) => (
          <StructureSwitch
            key={one.name}
            of={one}
            isShown={!hidden.has(one.name)}
            onToggle={() => toggle(one.name)}
          />
        ))}
      </div>
      <DvhChart shown={shown} prescriptionGy={prescriptionOf(result)} />
      <ul className={styles.legend} aria-label="What the lines are">
        {DASHES.filter(({ key }) => all.some(({ curves }) => curves[key])).map((line) => (
          <li key={line.key}>
            <svg viewBox="0 0 28 6" width={28} height={6} aria-hidden="true">
              <path className={line.className} d="M0 3H28" />
            </svg>
            {line.title}
          </li>
        ))}
        {all.some(({ curves }) => curves.lower && curves.upper) && (
          <li>
            <svg viewBox="0 0 28 8" width={28} height={8} aria-hidden="true">
              <path className={styles.band} d="M0 0H28V8H0Z" />
            </svg>
            band of the synthetic CT's 5 % to 95 % bounds
          </li>
        )}
      </ul>
    </section>
  );
}

interface StructureSwitchProps {
  of: StructureDvh;
  isShown: boolean;
  onToggle: () => void;
}

function StructureSwitch({ of, isShown, onToggle }: StructureSwitchProps) {
  return (
    <button
      type="button"
      className={cx(styles.structure, !isShown && styles.off)}
      aria-pressed={isShown}
      title={of.isTruncated ? "Cut off by the border of the image" : undefined}
      onClick={onToggle}
    >
      <i style={{ background: of.colour }} />
      {of.name}
      {of.volumeMl !== null && <span>{of.volumeMl.toFixed(1)} mL</span>}
      {of.isTruncated && <span>cut off</span>}
    </button>
  );
}
