import type { ReactNode } from "react";
import type { Series, StudyDetail } from "@/api/types";
import { calendarDate, clockTime, count, personName, sexName } from "@/ui/format";
import { Instant } from "@/ui/Instant";
import styles from "./InfoPanel.module.css";
import { PriorsList } from "./PriorsList";
import { geometryName, seriesAmount, seriesKind, seriesTitle, voxelSize } from "./seriesText";

function Rows({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl className={styles.rows}>
      {rows.map(([name, value]) => (
        <div key={name} className={styles.row}>
          <dt>{name}</dt>
          <dd>{value || "–"}</dd>
        </div>
      ))}
    </dl>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2 className={styles.heading}>{title}</h2>
      {children}
    </section>
  );
}

function SeriesInfo({ series }: { series: Series }) {
  const size = series.columns && series.rows ? `${series.columns} × ${series.rows}` : "";
  return (
    <Rows
      rows={[
        ["Description", seriesTitle(series)],
        ["Number", series.number],
        ["Kind", `${seriesKind(series)}, ${series.modality}`],
        ["Amount", seriesAmount(series)],
        ["Matrix", size],
        ["Voxel size", voxelSize(series)],
        ["Geometry", series.geometry.reason || geometryName(series)],
        ["Body part", series.body_part],
        ["Origin", series.ai_generated ? "Made by a model" : "Acquired"],
        ["Series UID", <code key="uid">{series.series_uid}</code>],
      ]}
    />
  );
}

export function InfoPanel({ study, series }: { study: StudyDetail; series: Series | null }) {
  const { patient } = study;
  return (
    <div className={styles.panel}>
      <Section title="Priors">
        <PriorsList study={study} />
      </Section>
      <Section title="Study">
        <Rows
          rows={[
            ["Patient", personName(patient.name)],
            ["Patient ID", patient.patient_id],
            ["Born", calendarDate(patient.birth_date)],
            ["Sex", sexName(patient.sex)],
            ["Description", study.description],
            ["Accession", study.accession_number],
            [
              "Study date",
              `${calendarDate(study.study_date)} ${clockTime(study.study_time)} (scanner time)`,
            ],
            ["Received", <Instant key="received" at={study.received_at} />],
            ["Body part", study.body_parts.join(", ")],
            ["Side", study.laterality],
            ["Images", count(study.instance_count, "image")],
            ["Study UID", <code key="uid">{study.study_uid}</code>],
          ]}
        />
      </Section>
      {series !== null && (
        <Section title="Shown series">
          <SeriesInfo series={series} />
        </Section>
      )}
    </div>
  );
}
