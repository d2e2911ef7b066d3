import { useInfiniteQuery, useMutation, useQueries, useQueryClient } from "@tanstack/react-query";
import {
  compareEvaluations,
  type EvaluationFilter,
  evaluationKeys,
  importEvaluation,
  listEvaluations,
  readEvaluation,
} from "@/api/evaluation";
import { pairs } from "./lines";

export function useEvaluations(filter: EvaluationFilter) {
  return useInfiniteQuery({
    queryKey: evaluationKeys.list(filter),
    queryFn: ({ pageParam }) => listEvaluations(filter, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: (previous) => previous,
  });
}

/** The figures of a run never change; what a person says of it is invalidated by hand. */
const NEVER = Number.POSITIVE_INFINITY;

export function useRuns(ids: readonly string[]) {
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: evaluationKeys.one(id),
      queryFn: () => readEvaluation(id),
      staleTime: NEVER,
    })),
  });
}

/** The differences of every pair of runs. */
export function useComparisons(ids: readonly string[], subgroup: string) {
  return useQueries({
    queries: pairs(ids).map(([a, b]) => ({
      queryKey: evaluationKeys.comparison(a, b, subgroup),
      queryFn: ({ signal }: { signal: AbortSignal }) => compareEvaluations(a, b, subgroup, signal),
      staleTime: NEVER,
    })),
  });
}

export interface ImportOutcome {
  file: string;
  /** Empty where it was imported; else what was wrong with it. */
  error: unknown;
  isNew: boolean;
}

/** One file after the other; one bad file does not keep the others out. */
export function useImport() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (files: readonly File[]): Promise<ImportOutcome[]> => {
      const outcomes: ImportOutcome[] = [];
      for (const file of files) {
        try {
          const { isNew } = await importEvaluation(file);
          outcomes.push({ file: file.name, error: null, isNew });
        } catch (error) {
          outcomes.push({ file: file.name, error, isNew: false });
        }
      }
      return outcomes;
    },
    onSettled: () => client.invalidateQueries({ queryKey: evaluationKeys.all }),
  });
}
