import { LoaderCircle, MoreHorizontal, Trash2 } from "lucide-react";
import { Link } from "react-router";
import type { Study } from "@/api/types";
import { Badge } from "@/ui/Badge";
import { IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { ageOn, calendarDate, clockTime, personName, sexName } from "@/ui/format";
import { Instant } from "@/ui/Instant";
import { Menu, MenuItem } from "@/ui/Menu";
import { AiDraftBadge, SyntheticBadge } from "@/ui/marks";
import styles from "./StudyTable.module.css";

interface StudyRowProps {
  study: Study;
  id: string;
  index: number;
  top: number;
  selected: boolean;
  onSelect: () => void;
  onOpen: () => void;
  onDelete: (() => void) | null;
}

function Status({ study }: { study: Study }) {
  return (
    <>
      {study.active_job !== null && (
        <Badge tone="accent" icon={<LoaderCircle className={styles.turning} aria-hidden />}>
          Job running
        </Badge>
      )}
      {study.has_draft && <AiDraftBadge />}
      {study.synthetic && <SyntheticBadge />}
    </>
  );
}

export function StudyRow(props: StudyRowProps) {
  const { study, selected } = props;
  const { patient } = study;
  const about = [ageOn(patient.birth_date, study.study_date), sexName(patient.sex)];
  return (
    // The grid itself has the focus and the keys (aria-activedescendant).
    <div
      role="row"
      id={props.id}
      aria-rowindex={props.index + 2}
      aria-selected={selected}
      className={cx(styles.row, styles.cells, selected && styles.selected)}
      style={{ transform: `translateY(${props.top}px)` }}
      onMouseDown={props.onSelect}
      onClick={props.onOpen}
    >
      <div role="gridcell" className={styles.cell}>
        <Link
          to={`/studies/${study.study_uid}`}
          className={styles.name}
          tabIndex={-1}
          onClick={(event) => event.stopPropagation()}
        >
          {personName(patient.name)}
        </Link>
        <div className={styles.sub}>
          {[patient.patient_id || "No ID", ...about].filter(Boolean).join(" · ")}
        </div>
      </div>
      <div role="gridcell" className={styles.cell}>
        <div className={styles.clip}>{study.description || "No description"}</div>
        <div className={styles.sub}>{study.accession_number || study.body_parts.join(", ")}</div>
      </div>
      <div role="gridcell" className={cx(styles.cell, styles.chips)}>
        {study.modalities.map((modality) => (
          <span key={modality} className={styles.modality}>
            {modality}
          </span>
        ))}
      </div>
      <div role="gridcell" className={styles.cell}>
        <div>{calendarDate(study.study_date)}</div>
        <div className={styles.sub}>{clockTime(study.study_time)}</div>
      </div>
      <div role="gridcell" className={cx(styles.cell, styles.quiet)}>
        {study.series_count} / {study.instance_count.toLocaleString("en")}
      </div>
      <div role="gridcell" className={cx(styles.cell, styles.quiet)}>
        <Instant at={study.received_at} />
      </div>
      <div role="gridcell" className={cx(styles.cell, styles.chips)}>
        <Status study={study} />
      </div>
      <div
        role="gridcell"
        className={styles.menu}
        onClick={(event) => event.stopPropagation()}
        onMouseDown={(event) => event.stopPropagation()}
      >
        {props.onDelete !== null && (
          <Menu
            trigger={
              <IconButton label={`More for ${personName(patient.name)}`}>
                <MoreHorizontal />
              </IconButton>
            }
          >
            <MenuItem danger icon={<Trash2 />} onSelect={props.onDelete}>
              Delete study…
            </MenuItem>
          </Menu>
        )}
      </div>
    </div>
  );
}
