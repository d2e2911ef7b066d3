import { useMutation, useQueries, useQueryClient } from "@tanstack/react-query";
import { Ban, Check, Sparkles } from "lucide-react";
import { useState } from "react";
import { createJob, jobKeys, pipelineKeys, readEligibility } from "@/api/jobs";
import { useMay } from "@/api/me";
import { studyKeys } from "@/api/studies";
import type { Eligibility, Job, Series, StudyDetail } from "@/api/types";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { count } from "@/ui/format";
import { AiMadeBadge, SyntheticBadge } from "@/ui/marks";
import { Notice, ProblemNotice } from "@/ui/Notice";
import { idempotencyKey } from "@/ui/randomKeys";
import styles from "./StartDraft.module.css";

export const DRAFT_PIPELINE = "draft_report";

function useEligibilities(series: readonly Series[]) {
  return useQueries({
    queries: series.map(({ series_uid, instance_count }) => ({
      queryKey: [...pipelineKeys.eligibility(DRAFT_PIPELINE, series_uid), instance_count],
      queryFn: () => readEligibility(DRAFT_PIPELINE, series_uid),
    })),
  });
}

function SeriesChoice({
  series,
  eligibility,
  chosen,
  onChoose,
}: {
  series: Series;
  eligibility: Eligibility | undefined;
  chosen: boolean;
  onChoose: () => void;
}) {
  const refused = eligibility?.ok === false;
  return (
    <label className={cx(styles.choice, chosen && styles.chosen, refused && styles.refused)}>
      <input type="radio" name="series" checked={chosen} onChange={onChoose} />
      <span className={styles.text}>
        <span>{series.description || `Series ${series.number ?? ""}`}</span>
        <span className={styles.sub}>
          {series.modality} · {count(series.instance_count, "image")}
        </span>
        {series.ai_generated && <AiMadeBadge />}
        {series.synthetic && <SyntheticBadge />}
      </span>
      {eligibility !== undefined && (
        <span className={refused ? styles.no : styles.yes}>
          {refused ? <Ban aria-label="Does not fit" /> : <Check aria-label="Fits" />}
        </span>
      )}
    </label>
  );
}

interface StartDraftProps {
  study: StudyDetail;
  onStarted: (job: Job) => void;
  onCancel: (() => void) | null;
}

export function StartDraft({ study, onStarted, onCancel }: StartDraftProps) {
  const client = useQueryClient();
  const mayRun = useMay("job.run");
  const images = study.series.filter((one) => one.kind === "image");
  const eligibilities = useEligibilities(images);
  const [picked, setPicked] = useState<string | null>(null);
  // One key for one wish: a second click or a repeated request is the same job.
  const [key, setKey] = useState(idempotencyKey);
  const firstFitting = images.findIndex((_, index) => eligibilities[index]?.data?.ok);
  const index = picked === null ? Math.max(0, firstFitting) : indexOf(images, picked);
  const chosen = images[index];
  const asked = eligibilities[index];
  const eligibility = asked?.data;

  const start = useMutation({
    mutationFn: (seriesUid: string) => createJob(DRAFT_PIPELINE, seriesUid, key),
    onSuccess: async (job) => {
      setKey(idempotencyKey());
      onStarted(job);
      await client.invalidateQueries({ queryKey: studyKeys.detail(study.study_uid) });
      await client.invalidateQueries({ queryKey: jobKeys.all });
    },
  });

  function pick(seriesUid: string): void {
    setPicked(seriesUid);
    setKey(idempotencyKey());
    start.reset();
  }

  if (chosen === undefined) {
    return <Notice title="Nothing to report on">This study has no images yet.</Notice>;
  }
  return (
    <div className={styles.start}>
      <div>
        <h2 className={styles.title}>Draft a report</h2>
        <p className={styles.lead}>
          Structures are outlined and measured; a language model then words the findings. Numbers
          come from the measurements alone. The draft is yours to check and edit.
        </p>
      </div>
      <fieldset className={styles.choices}>
        <legend className={styles.legend}>Series to read</legend>
        {images.map((series, at) => (
          <SeriesChoice
            key={series.series_uid}
            series={series}
            eligibility={eligibilities[at]?.data}
            chosen={series === chosen}
            onChoose={() => pick(series.series_uid)}
          />
        ))}
      </fieldset>
      {eligibility?.ok === false && (
        <Notice tone="caution" title="This series does not fit">
          <ul>
            {eligibility.reasons.map((reason) => (
              <li key={reason.code}>{reason.message}</li>
            ))}
          </ul>
        </Notice>
      )}
      {!mayRun && <Notice title="Your role does not allow starting jobs." />}
      {asked?.isError && <ProblemNotice error={asked.error} onRetry={() => void asked.refetch()} />}
      {start.isError && <ProblemNotice error={start.error} />}
      <div className={styles.actions}>
        <Button
          variant="primary"
          icon={<Sparkles />}
          disabled={!mayRun || !eligibility?.ok || start.isPending}
          onClick={() => start.mutate(chosen.series_uid)}
        >
          {start.isPending ? "Starting…" : "Draft report"}
        </Button>
        {onCancel !== null && (
          <Button variant="ghost" onClick={onCancel}>
            Back
          </Button>
        )}
      </div>
    </div>
  );
}

function indexOf(series: readonly Series[], uid: string): number {
  return series.findIndex((one) => one.series_uid === uid);
}
