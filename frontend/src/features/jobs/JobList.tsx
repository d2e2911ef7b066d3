import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleStop } from "lucide-react";
import { Link } from "react-router";
import { cancelJob, jobKeys } from "@/api/jobs";
import { useMay } from "@/api/me";
import { asProblem } from "@/api/problem";
import { studyKeys } from "@/api/studies";
import type { Job } from "@/api/types";
import { isFinished } from "@/live/protocol";
import { IconButton } from "@/ui/Button";
import { seconds } from "@/ui/format";
import { Instant } from "@/ui/Instant";
import { IncompleteBadge } from "@/ui/marks";
import { showToast } from "@/ui/toasts";
import styles from "./Jobs.module.css";
import { duration, JobStateBadge, pipelineTitle } from "./states";

function StopButton({ job }: { job: Job }) {
  const client = useQueryClient();
  const stop = useMutation({
    mutationFn: () => cancelJob(job.id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: jobKeys.all });
      await client.invalidateQueries({ queryKey: studyKeys.all });
    },
    onError: (error) => showToast({ tone: "danger", text: asProblem(error).message }),
  });
  return (
    <IconButton
      label={stop.isIdle ? "Stop this job" : "Stopping…"}
      disabled={!stop.isIdle && !stop.isError}
      onClick={() => stop.mutate()}
    >
      <CircleStop />
    </IconButton>
  );
}

interface JobListProps {
  jobs: readonly Job[];
  /** Whether rows name their study (not where they are all of one). */
  withStudy: boolean;
}

export function JobList({ jobs, withStudy }: JobListProps) {
  const mayStop = useMay("job.cancel");
  return (
    <ul className={styles.list}>
      {jobs.map((job) => {
        const took = duration(job);
        return (
          <li key={job.id} className={styles.job}>
            <div className={styles.main}>
              <div className={styles.title}>
                {withStudy ? (
                  <Link to={`/studies/${job.study_uid}`}>{pipelineTitle(job.pipeline)}</Link>
                ) : (
                  pipelineTitle(job.pipeline)
                )}
                <span className={styles.version}>v{job.version}</span>
                <JobStateBadge job={job} />
                {job.incomplete && <IncompleteBadge />}
              </div>
              <div className={styles.sub}>
                <Instant at={job.created_at} /> · {job.created_by}
                {took !== null && ` · took ${seconds(took)}`}
                {job.attempt > 1 && ` · attempt ${job.attempt}`}
              </div>
              {job.error !== null && (
                <div className={job.state === "failed" ? styles.error : styles.sub}>
                  {job.error.user_message}
                </div>
              )}
            </div>
            {mayStop && !isFinished(job.state) && <StopButton job={job} />}
          </li>
        );
      })}
    </ul>
  );
}
