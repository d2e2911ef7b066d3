import { useSearchParams } from "react-router";
import type { StudyFilter, StudySort } from "@/api/studies";

const DEFAULT_SORT: StudySort = "-received_at";

const SORTS: readonly string[] = [
  "patient_name",
  "-patient_name",
  "study_date",
  "-study_date",
  "received_at",
  "-received_at",
] satisfies StudySort[];

/** A sort out of an address, which anyone may have typed. */
function asSort(text: string | null): StudySort {
  return text !== null && SORTS.includes(text) ? (text as StudySort) : DEFAULT_SORT;
}

const NAMES = ["q", "modality", "date_from", "date_to", "sort"] as const;

/** The filter of the list lives in the address: it survives reload and can be sent on. */
export function useStudyFilter(): [StudyFilter, (changes: Partial<StudyFilter>) => void] {
  const [search, setSearch] = useSearchParams();
  const filter: StudyFilter = {
    q: search.get("q") ?? "",
    modality: search.get("modality") ?? "",
    date_from: search.get("date_from") ?? "",
    date_to: search.get("date_to") ?? "",
    sort: asSort(search.get("sort")),
  };

  function change(changes: Partial<StudyFilter>): void {
    setSearch(
      (old) => {
        const next = new URLSearchParams(old);
        for (const name of NAMES) {
          const value = changes[name];
          if (value === undefined) continue;
          if (value === "" || (name === "sort" && value === DEFAULT_SORT)) next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  }

  return [filter, change];
}

export function isFiltered({ q, modality, date_from, date_to }: StudyFilter): boolean {
  return Boolean(q || modality || date_from || date_to);
}
