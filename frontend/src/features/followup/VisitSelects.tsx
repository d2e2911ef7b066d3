import { ArrowLeftRight } from "lucide-react";
import type { TimelineStudy } from "@/api/followup";
import { IconButton } from "@/ui/Button";
import fields from "@/ui/Field.module.css";
import { type Choice, chosen, isVisit } from "./choice";
import styles from "./Visits.module.css";

interface VisitSelectsProps {
  studies: readonly TimelineStudy[];
  choice: Choice;
  onChoice: (choice: Choice) => void;
}

/** Base and follow-up as two lists, and the way to swap them. */
export function VisitSelects({ studies, choice, onChoice }: VisitSelectsProps) {
  return (
    <div className={styles.selects}>
      <VisitSelect
        label="Base"
        studies={studies}
        value={choice.base}
        onChange={(uid) => onChoice(chosen(choice, "base", uid))}
      />
      <IconButton
        label="Swap base and follow-up"
        disabled={choice.base === null || choice.follow === null}
        onClick={() => onChoice({ base: choice.follow, follow: choice.base })}
      >
        <ArrowLeftRight />
      </IconButton>
      <VisitSelect
        label="Follow-up"
        studies={studies}
        value={choice.follow}
        onChange={(uid) => onChoice(chosen(choice, "follow", uid))}
      />
    </div>
  );
}

interface VisitSelectProps {
  label: string;
  studies: readonly TimelineStudy[];
  value: string | null;
  /** What no choice is called; without it one must be made. */
  none?: string;
  onChange: (uid: string | null) => void;
}

export function VisitSelect({ label, studies, value, none, onChange }: VisitSelectProps) {
  return (
    <label className={fields.label}>
      {label}
      <select
        className={fields.select}
        value={value ?? ""}
        onChange={(event) => onChange(event.target.value || null)}
      >
        {(none !== undefined || value === null) && <option value="">{none ?? "Choose one"}</option>}
        {studies.map((study) => (
          <optgroup
            key={study.study_uid}
            label={`${study.date ?? "No date"} ${study.description}`.trim()}
          >
            {study.series.filter(isVisit).map((series) => (
              <option key={series.series_uid} value={series.series_uid}>
                {study.date ?? "No date"} · {series.description || series.modality}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}
