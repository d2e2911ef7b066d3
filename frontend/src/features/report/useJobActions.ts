import { useMutation, useQueryClient } from "@tanstack/react-query";
import { cancelJob, jobKeys, retryJob } from "@/api/jobs";
import { studyKeys } from "@/api/studies";

export function useJobActions(jobId: string) {
  const client = useQueryClient();
  const refresh = async () => {
    await client.invalidateQueries({ queryKey: jobKeys.all });
    await client.invalidateQueries({ queryKey: studyKeys.all });
  };
  const stop = useMutation({ mutationFn: () => cancelJob(jobId), onSuccess: refresh });
  const retry = useMutation({ mutationFn: () => retryJob(jobId), onSuccess: refresh });
  return { stop, retry };
}
