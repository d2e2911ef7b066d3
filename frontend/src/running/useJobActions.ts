import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { cancelJob, jobKeys, retryJob } from "@/api/jobs";
import { studyKeys } from "@/api/studies";
import type { Job } from "@/api/types";
import { idempotencyKey } from "@/ui/randomKeys";

function useRefresh() {
  const client = useQueryClient();
  return async () => {
    await client.invalidateQueries({ queryKey: jobKeys.all });
    await client.invalidateQueries({ queryKey: studyKeys.all });
  };
}

export function useStop(jobId: string) {
  const refresh = useRefresh();
  return useMutation({ mutationFn: () => cancelJob(jobId), onSuccess: refresh });
}

/** Run the same inputs again, as a new job. */
export function useRetry(jobId: string, onStarted: (job: Job) => void) {
  const refresh = useRefresh();
  const [key] = useState(idempotencyKey);
  return useMutation({
    mutationFn: () => retryJob(jobId, key),
    onSuccess: (job) => {
      onStarted(job);
      return refresh();
    },
  });
}
