import { Crosshair } from "lucide-react";
import { cx } from "@/ui/cx";
import type { Evidence } from "@/viewer/types";
import styles from "./EvidenceChip.module.css";

/** FreeSurfer's "Left-Lateral-Ventricle" as "Left lateral ventricle". */
export function structureName(structure: string): string {
  const words = structure.replace(/[-_]+/g, " ").trim().toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

interface EvidenceChipProps {
  evidence: Evidence;
  active: boolean;
  onFocus: (evidence: Evidence) => void;
}

/** Where a statement can be checked; a click brings the images there. */
export function EvidenceChip({ evidence, active, onFocus }: EvidenceChipProps) {
  const name = structureName(evidence.structure);
  const slice = evidence.slice_index === null ? "" : ` · slice ${evidence.slice_index + 1}`;
  return (
    <button
      type="button"
      className={cx(styles.chip, active && styles.active)}
      aria-pressed={active}
      title={`Show ${name.toLowerCase()} in the images`}
      onClick={() => onFocus(evidence)}
    >
      <Crosshair aria-hidden />
      {name}
      <span className={styles.slice}>{slice}</span>
    </button>
  );
}

interface EvidenceChipsProps {
  evidence: readonly Evidence[];
  active: Evidence | null;
  onFocus: (evidence: Evidence) => void;
}

export function EvidenceChips({ evidence, active, onFocus }: EvidenceChipsProps) {
  if (evidence.length === 0) return null;
  return (
    <span className={styles.chips}>
      {evidence.map((one) => (
        <EvidenceChip
          key={`${one.structure}:${one.series_uid}:${one.slice_index}`}
          evidence={one}
          active={active !== null && samePlace(active, one)}
          onFocus={onFocus}
        />
      ))}
    </span>
  );
}

function samePlace(a: Evidence, b: Evidence): boolean {
  return a.structure === b.structure && a.slice_index === b.slice_index;
}
