import { Search, X } from "lucide-react";
import { type Ref, useEffect, useState } from "react";
import type { StudyFilter } from "@/api/studies";
import { Button } from "@/ui/Button";
import fields from "@/ui/Field.module.css";
import { Kbd } from "@/ui/Kbd";
import { useDebounced } from "@/ui/useDebounced";
import { isFiltered } from "./filter";
import styles from "./StudyFilters.module.css";

const MODALITIES = [
  "CR",
  "CT",
  "DX",
  "MG",
  "MR",
  "NM",
  "PT",
  "RTDOSE",
  "RTSTRUCT",
  "SEG",
  "SR",
  "US",
  "XA",
];
const TYPING_MS = 220;

interface StudyFiltersProps {
  filter: StudyFilter;
  onChange: (changes: Partial<StudyFilter>) => void;
  /** Down from the search field goes into the list. */
  onLeave: () => void;
  ref: Ref<HTMLInputElement>;
}

/** What is typed, told to the list once the typing pauses. */
function useTyped(settled: string, tell: (text: string) => void) {
  const [typed, setTyped] = useState(settled);
  const paused = useDebounced(typed, TYPING_MS);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a pause in typing tells
  useEffect(() => {
    if (paused !== settled) tell(paused);
  }, [paused]);
  return [typed, setTyped] as const;
}

export function StudyFilters({ filter, onChange, onLeave, ref }: StudyFiltersProps) {
  const [typed, setTyped] = useTyped(filter.q, (q) => onChange({ q }));

  function clear(): void {
    setTyped("");
    onChange({ q: "", modality: "", date_from: "", date_to: "" });
  }

  return (
    <search className={styles.filters}>
      <div className={styles.search}>
        <Search aria-hidden />
        <input
          ref={ref}
          type="search"
          className={fields.input}
          placeholder="Name, patient ID, accession or description"
          aria-label="Search studies"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown" || event.key === "Enter") onLeave();
          }}
        />
        <span className={styles.hint}>
          <Kbd>/</Kbd>
        </span>
      </div>
      <select
        className={fields.select}
        aria-label="Modality"
        value={filter.modality}
        onChange={(event) => onChange({ modality: event.target.value })}
      >
        <option value="">All modalities</option>
        {MODALITIES.map((modality) => (
          <option key={modality}>{modality}</option>
        ))}
      </select>
      <div className={styles.dates}>
        <input
          type="date"
          className={fields.input}
          aria-label="Study date from"
          max={filter.date_to || undefined}
          value={filter.date_from}
          onChange={(event) => onChange({ date_from: event.target.value })}
        />
        <span aria-hidden>–</span>
        <input
          type="date"
          className={fields.input}
          aria-label="Study date to"
          min={filter.date_from || undefined}
          value={filter.date_to}
          onChange={(event) => onChange({ date_to: event.target.value })}
        />
      </div>
      {isFiltered(filter) && (
        <Button variant="ghost" icon={<X />} onClick={clear}>
          Clear
        </Button>
      )}
    </search>
  );
}
