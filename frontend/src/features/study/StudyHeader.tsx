import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { StudyDetail } from "@/api/types";
import { ageOn, calendarDate, clockTime, personName, sexName } from "@/ui/format";
import { SyntheticBadge } from "@/ui/marks";
import styles from "./StudyHeader.module.css";

interface StudyHeaderProps {
  study: StudyDetail;
  /** Links to other pages of the study. */
  children?: ReactNode;
}

export function StudyHeader({ study, children }: StudyHeaderProps) {
  const { patient } = study;
  const person = [
    patient.patient_id || "No ID",
    patient.birth_date && `born ${calendarDate(patient.birth_date)}`,
    ageOn(patient.birth_date, study.study_date),
    sexName(patient.sex),
  ];
  const when = [calendarDate(study.study_date), clockTime(study.study_time)];
  return (
    <header className={styles.header}>
      <Link to="/" className={styles.back} aria-label="Back to the studies">
        <ArrowLeft aria-hidden />
      </Link>
      <div className={styles.who}>
        <h1 className={styles.name}>{personName(patient.name)}</h1>
        <span className={styles.sub}>{person.filter(Boolean).join(" · ")}</span>
      </div>
      <div className={styles.what}>
        <span className={styles.description}>{study.description || "No description"}</span>
        <span className={styles.sub} title="Date and time as the scanner wrote them">
          {[study.modalities.join(", "), when.filter(Boolean).join(" ")].join(" · ")}
          {study.accession_number && ` · Acc. ${study.accession_number}`}
        </span>
      </div>
      {study.synthetic && <SyntheticBadge />}
      {children !== undefined && (
        <nav className={styles.pages} aria-label="Pages of this study">
          {children}
        </nav>
      )}
    </header>
  );
}
