import type { Finding } from "@/live/protocol";
import { cx } from "@/ui/cx";
import type { Evidence } from "@/viewer/types";
import { structureName } from "./EvidenceChip";
import styles from "./FindingsTable.module.css";

const STATUS_NAMES = {
  normal: "in range",
  abnormal: "out of range",
  measured: "measured",
} as const;

function amount({ value, unit }: Finding): string {
  if (value === undefined || value === null) return "–";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${unit ? ` ${unit}` : ""}`;
}

interface FindingsTableProps {
  findings: readonly Finding[];
  onFocus: (evidence: Evidence) => void;
}

/** What was measured, structure by structure; a row brings the images to its structure. */
export function FindingsTable({ findings, onFocus }: FindingsTableProps) {
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Structure</th>
          <th scope="col" className={styles.number}>
            Value
          </th>
          <th scope="col">Reference</th>
          <th scope="col">
            <span className="visually-hidden">Status</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {findings.map((finding) => {
          const place = finding.evidence[0];
          return (
            <tr key={finding.id} title={finding.text}>
              <th scope="row">
                {place === undefined ? (
                  structureName(finding.structure)
                ) : (
                  <button type="button" className={styles.name} onClick={() => onFocus(place)}>
                    {structureName(finding.structure)}
                  </button>
                )}
              </th>
              <td className={styles.number}>{amount(finding)}</td>
              <td className={styles.reference}>{finding.reference || "–"}</td>
              <td>
                <span
                  className={cx(styles.status, styles[finding.status])}
                  title={STATUS_NAMES[finding.status]}
                >
                  <span className="visually-hidden">{STATUS_NAMES[finding.status]}</span>
                </span>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
