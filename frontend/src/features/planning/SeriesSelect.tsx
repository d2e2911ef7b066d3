import type { Series } from "@/api/types";
import { cx } from "@/ui/cx";
import fields from "@/ui/Field.module.css";
import styles from "./Panels.module.css";

interface SeriesSelectProps {
  label: string;
  series: readonly Series[];
  value: string;
  isOptional?: boolean;
  isWide?: boolean;
  onChange: (seriesUid: string) => void;
}

function title({ number, description, modality, ai_generated: isMade }: Series): string {
  const name = `${number === null ? "" : `${number} · `}${description || modality}`;
  return isMade ? `${name} (AI-made)` : name;
}

export function SeriesSelect(props: SeriesSelectProps) {
  const { label, series, value, isOptional = false, isWide = false } = props;
  return (
    <label className={cx(fields.label, isWide && styles.wide)}>
      {label}
      <select
        className={fields.select}
        value={value}
        onChange={(event) => props.onChange(event.target.value)}
      >
        {(isOptional || value === "") && (
          <option value="">{isOptional ? "None" : "Choose one"}</option>
        )}
        {series.map((one) => (
          <option key={one.series_uid} value={one.series_uid}>
            {title(one)}
          </option>
        ))}
      </select>
    </label>
  );
}
