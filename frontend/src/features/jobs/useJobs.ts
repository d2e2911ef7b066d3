import { useInfiniteQuery } from "@tanstack/react-query";
import { jobKeys, listJobs } from "@/api/jobs";

// The list has no stream of its own; each job's panel does.
const REFRESH_MS = 4000;

export function useJobs(state: string) {
  return useInfiniteQuery({
    queryKey: jobKeys.list(state),
    queryFn: ({ pageParam }) => listJobs(state, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: (previous) => previous,
    refetchInterval: REFRESH_MS,
  });
}
