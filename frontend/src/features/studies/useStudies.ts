import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { listStudies, type StudyFilter, studyKeys } from "@/api/studies";
import { useStudiesChanged } from "@/live/react";

// While a scanner sends, the list changes many times a second.
const REFRESH_MS = 2000;

export function useStudies(filter: StudyFilter) {
  const query = useInfiniteQuery({
    queryKey: studyKeys.list(filter),
    queryFn: ({ pageParam, signal }) => listStudies(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: (previous) => previous,
  });
  useRefreshOnChange();
  return query;
}

/** Fetch again when studies arrive, at most once in `REFRESH_MS`. */
function useRefreshOnChange(): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  useStudiesChanged(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: studyKeys.all });
    }, REFRESH_MS);
  });

  useEffect(() => () => clearTimeout(timer.current), []);
}
