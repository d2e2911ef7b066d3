import type { TimelineSeries, TimelineStudy } from "@/api/followup";
import { SyntheticBadge } from "@/ui/marks";
import { type Choice, isVisit, type Role } from "./choice";
import styles from "./Visits.module.css";

interface VisitTableProps {
  studies: readonly TimelineStudy[];
  undated: readonly TimelineStudy[];
  choice: Choice;
  onChoose: (role: Role, seriesUid: string) => void;
}

/** Every acquired series of the patient, the newest first, with the choice of the two. */
export function VisitTable({ studies, undated, choice, onChoose }: VisitTableProps) {
  const rows = [...studies.toReversed(), ...undated].flatMap((study) =>
    study.series.filter(isVisit).map((series) => ({ study, series })),
  );
  if (rows.length === 0) {
    return <p className={styles.none}>No acquired image is stored of this patient yet.</p>;
  }
  return (
    <table className={styles.table} aria-label="Studies of this patient">
      <thead>
        <tr>
          <th scope="col">Date</th>
          <th scope="col">Series</th>
          <th scope="col">Device</th>
          <th scope="col">
            <abbr title="Base: the earlier image">B</abbr>
          </th>
          <th scope="col">
            <abbr title="Follow-up: the later image">F</abbr>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ study, series }) => (
          <tr key={series.series_uid}>
            <td className={styles.date}>{study.date ?? "No date"}</td>
            <td>
              {series.description || series.modality}
              <span className={styles.quiet}> {facts(series)}</span>
              {series.synthetic && <SyntheticBadge />}
            </td>
            <td className={styles.quiet}>{series.device ?? "–"}</td>
            {(["base", "follow"] as const).map((role) => (
              <td key={role}>
                <input
                  type="radio"
                  name={`choice-${role}`}
                  aria-label={`${series.description || series.modality} of ${study.date ?? "no date"} as ${role === "base" ? "base" : "follow-up"}`}
                  checked={choice[role] === series.series_uid}
                  onChange={() => onChoose(role, series.series_uid)}
                />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function facts({ modality, sequence, slices, spacing_mm: spacing }: TimelineSeries): string {
  const size =
    spacing === null ? "" : `${spacing.map((mm) => Number(mm.toFixed(2))).join(" × ")} mm`;
  const kind = sequence === null ? modality : `${modality} ${sequence}`;
  return [kind, slices > 0 ? `${slices} slices` : "", size].filter(Boolean).join(" · ");
}
