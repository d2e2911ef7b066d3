import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useEffect } from "react";
import { draftKeys, readDraft } from "@/api/drafts";
import { capsuleAddress, jobKeys, readJob } from "@/api/jobs";
import { useMay } from "@/api/me";
import { studyKeys } from "@/api/studies";
import type { Job } from "@/api/types";
import { isFinished, type Projection } from "@/live/protocol";
import { useJobStream } from "@/live/react";
import { StepList } from "@/running/StepList";
import { AiDraftBadge, IncompleteBadge } from "@/ui/marks";
import { Notice, ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import type { Evidence } from "@/viewer/types";
import { Disclosure } from "./Disclosure";
import { DraftEditor } from "./DraftEditor";
import { FindingsTable } from "./FindingsTable";
import styles from "./JobReport.module.css";
import { JobOutcome, JobStatus, JobWarnings } from "./JobStatus";
import { StoredReport } from "./StoredReport";
import { StreamingText } from "./StreamingText";

interface JobReportProps {
  jobId: string;
  studyUid: string;
  focused: Evidence | null;
  onFocus: (evidence: Evidence) => void;
  onRetried: (job: Job) => void;
}

// What is not in the stream (that someone asked for a stop) is asked for this often.
const REFRESH_MS = 4000;

function useJob(jobId: string, finished: boolean) {
  return useQuery({
    queryKey: jobKeys.one(jobId),
    queryFn: () => readJob(jobId),
    refetchInterval: finished ? false : REFRESH_MS,
  });
}

/** The draft that a finished job left, once it is there. */
function useDraft(draftId: string | null) {
  return useQuery({
    queryKey: draftKeys.one(draftId ?? ""),
    queryFn: () => readDraft(draftId ?? ""),
    enabled: draftId !== null,
    refetchOnWindowFocus: true,
    staleTime: 0,
  });
}

/** New results and the end of the job change what the study shows. */
function useRefreshStudy(studyUid: string, projection: Projection): void {
  const client = useQueryClient();
  const stored = projection.artifacts.length;
  const { state } = projection;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of either is the reason
  useEffect(() => {
    void client.invalidateQueries({ queryKey: studyKeys.detail(studyUid) });
    void client.invalidateQueries({ queryKey: jobKeys.all });
  }, [client, studyUid, stored, state]);
}

function storedReport(projection: Projection): string | null {
  const report = projection.artifacts.find((one) => one.kind === "sr-report");
  return report?.sop_instance_uid ?? null;
}

export function JobReport(props: JobReportProps) {
  const { jobId, studyUid, focused, onFocus, onRetried } = props;
  const mayExport = useMay("artifact.export");
  const { projection, loaded, refusal } = useJobStream(jobId);
  const finished = loaded && isFinished(projection.state);
  const job = useJob(jobId, finished);
  const draft = useDraft(job.data?.draft ?? null);
  useRefreshStudy(studyUid, projection);

  if (refusal !== null && !loaded) {
    return (
      <Notice tone="danger" title="This job cannot be followed">
        {refusal.message}
      </Notice>
    );
  }
  if (!loaded) return <Spinner label="Loading the job…" />;

  const { findings, messages, incomplete } = projection;
  const report = draft.data?.sr?.sop_instance_uid ?? storedReport(projection);
  return (
    <div className={styles.report}>
      <div className={styles.marks}>
        {(messages.length > 0 || draft.data) && <AiDraftBadge />}
        {(incomplete || draft.data?.incomplete) && <IncompleteBadge />}
      </div>
      {!finished && (
        <JobStatus
          jobId={jobId}
          projection={projection}
          stopAsked={job.data?.cancel_requested ?? false}
        />
      )}
      <JobOutcome jobId={jobId} projection={projection} onRetried={onRetried} />
      <JobWarnings projection={projection} />
      {draft.isError && <ProblemNotice error={draft.error} onRetry={() => void draft.refetch()} />}
      {draft.data ? (
        <DraftEditor key={draft.data.id} draft={draft.data} focused={focused} onFocus={onFocus} />
      ) : (
        <StreamingText
          messages={messages}
          running={!finished}
          focused={focused}
          onFocus={onFocus}
        />
      )}
      {findings.length > 0 && (
        <Disclosure title="Measured structures" amount={findings.length} open={!draft.data}>
          <FindingsTable findings={findings} onFocus={onFocus} />
        </Disclosure>
      )}
      {finished && (
        <Disclosure title="How this was made" open={false}>
          <StepList steps={projection.steps} stopped />
          <div className={styles.links}>
            {report !== null && <StoredReport sopInstanceUid={report} />}
            {mayExport && (
              <a href={capsuleAddress(jobId)} download={`run-${jobId}.json`}>
                <Download aria-hidden />
                Run capsule: inputs, versions, digests and timings
              </a>
            )}
          </div>
        </Disclosure>
      )}
    </div>
  );
}
