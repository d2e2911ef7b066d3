import { useSearchParams } from "react-router";
import type { StudyFilter } from "@/api/studies";

export const DEFAULT_SORT = "-received_at";

const NAMES = ["q", "modality", "date_from", "date_to", "sort"] as const;

/** The filter of the list lives in the address: it survives reload and can be sent on. */
export function useStudyFilter(): [StudyFilter, (changes: Partial<StudyFilter>) => void] {
  const [search, setSearch] = useSearchParams();
  const filter: StudyFilter = {
    q: search.get("q") ?? "",
    modality: search.get("modality") ?? "",
    date_from: search.get("date_from") ?? "",
    date_to: search.get("date_to") ?? "",
    sort: search.get("sort") ?? DEFAULT_SORT,
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
