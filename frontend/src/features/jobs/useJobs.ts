import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { jobKeys, listJobs, listJobsOfStudy } from "@/api/jobs";
import type { JobState } from "@/api/types";

// The lists have no stream of their own; each job's panel does.
const REFRESH_MS = 4000;
const STUDY_REFRESH_MS = 8000;

export function useJobs(states: readonly JobState[]) {
  return useInfiniteQuery({
    queryKey: jobKeys.list(states),
    queryFn: ({ pageParam }) => listJobs(states, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: (previous) => previous,
    refetchInterval: REFRESH_MS,
  });
}

/** The jobs of one study; those that another tab or person starts appear by themselves. */
export function useStudyJobs(studyUid: string) {
  return useQuery({
    queryKey: jobKeys.ofStudy(studyUid),
    queryFn: () => listJobsOfStudy(studyUid),
    refetchInterval: STUDY_REFRESH_MS,
  });
}
