import { Link } from "react-router";
import type { StudyDetail } from "@/api/types";
import { calendarDate, interval } from "@/ui/format";
import { AiDraftBadge, SyntheticBadge } from "@/ui/marks";
import styles from "./InfoPanel.module.css";

export function PriorsList({ study }: { study: StudyDetail }) {
  if (study.priors.length === 0) {
    return <p className={styles.none}>Synoptic holds no earlier study of this patient.</p>;
  }
  return (
    <ul className={styles.priors}>
      {study.priors.map((prior) => (
        <li key={prior.study_uid}>
          <Link to={`/studies/${prior.study_uid}`} className={styles.prior}>
            <span className={styles.priorTitle}>
              {prior.modalities.join(", ")} · {prior.description || "No description"}
            </span>
            <span className={styles.priorSub}>
              {calendarDate(prior.study_date)} · {interval(prior.study_date, study.study_date)}
            </span>
            <span className={styles.badges}>
              {prior.synthetic && <SyntheticBadge />}
              {prior.has_draft && <AiDraftBadge />}
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
