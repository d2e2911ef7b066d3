import type { Evaluation } from "@/api/evaluation";
import fields from "@/ui/Field.module.css";
import styles from "./Evaluation.module.css";
import { metricTitle, subgroupTitle } from "./figures";
import { choices, type LineFilter } from "./lines";

interface LineFiltersProps {
  runs: readonly Evaluation[];
  filter: LineFilter;
  onChange: (changes: Partial<LineFilter>) => void;
}

interface ChoiceProps {
  title: string;
  value: string;
  all?: string;
  values: readonly string[];
  named: (value: string) => string;
  onChange: (value: string) => void;
}

function Choice({ title, value, all, values, named, onChange }: ChoiceProps) {
  return (
    <label className={fields.label}>
      {title}
      <select
        className={fields.select}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      >
        {all !== undefined && <option value="">{all}</option>}
        {values.map((one) => (
          <option key={one} value={one}>
            {named(one)}
          </option>
        ))}
      </select>
    </label>
  );
}

const asIs = (value: string) => value;

/** Which lines of the comparison are shown. */
export function LineFilters({ runs, filter, onChange }: LineFiltersProps) {
  const offered = choices(runs);
  return (
    <search className={styles.filters} aria-label="Figures">
      <Choice
        title="Tier"
        value={filter.tier}
        all="All tiers"
        values={offered.tiers}
        named={asIs}
        onChange={(tier) => onChange({ tier })}
      />
      <Choice
        title="Metric"
        value={filter.metric}
        all="All metrics"
        values={offered.metrics}
        named={metricTitle}
        onChange={(metric) => onChange({ metric })}
      />
      <Choice
        title="Structure"
        value={filter.structure}
        all="All structures"
        values={offered.structures}
        named={asIs}
        onChange={(structure) => onChange({ structure })}
      />
      <Choice
        title="Subjects"
        value={filter.subgroup}
        values={offered.subgroups}
        named={subgroupTitle}
        onChange={(subgroup) => onChange({ subgroup })}
      />
    </search>
  );
}
