import { Layers, Plus } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/api/me";
import type { Job, StudyDetail } from "@/api/types";
import { Button, IconButton } from "@/ui/Button";
import fields from "@/ui/Field.module.css";
import { instant } from "@/ui/format";
import type { Evidence } from "@/viewer/types";
import { JobReport } from "./JobReport";
import styles from "./ReportPanel.module.css";
import { DRAFT_PIPELINE, StartDraft } from "./StartDraft";

const NEW = "new";

interface ReportPanelProps {
  study: StudyDetail;
  jobs: readonly Job[];
  focused: Evidence | null;
  onFocus: (evidence: Evidence) => void;
  /** The segmentation laid over the images, or null. */
  overlaySeriesUid: string | null;
  /** The segmentation that can be laid over them, or null. */
  availableSeg: string | null;
  onOverlay: (segSeriesUid: string | null) => void;
}

const STATE_NAMES: Record<Job["state"], string> = {
  queued: "waiting",
  running: "running",
  interrupted: "starting again",
  succeeded: "draft",
  failed: "failed",
  cancelled: "stopped",
};

function newestDrafts(jobs: readonly Job[]): Job[] {
  return jobs
    .filter((job) => job.pipeline === DRAFT_PIPELINE)
    .toSorted((a, b) => b.created_at.localeCompare(a.created_at));
}

export function ReportPanel(props: ReportPanelProps) {
  const { study, overlaySeriesUid, availableSeg } = props;
  const jobs = newestDrafts(props.jobs);
  const mayRun = useMay("job.run");
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = chosen ?? jobs[0]?.id ?? NEW;

  if (shown === NEW) {
    return (
      <div className={styles.panel}>
        <StartDraft
          study={study}
          onStarted={(job) => setChosen(job.id)}
          onCancel={jobs.length > 0 ? () => setChosen(null) : null}
        />
      </div>
    );
  }
  return (
    <div className={styles.panel}>
      <div className={styles.bar}>
        {jobs.length > 1 ? (
          <select
            className={fields.select}
            aria-label="Draft"
            value={shown}
            onChange={(event) => setChosen(event.target.value)}
          >
            {jobs.map((job) => (
              <option key={job.id} value={job.id}>
                {instant(job.created_at)} – {STATE_NAMES[job.state]}
              </option>
            ))}
          </select>
        ) : (
          <span className={styles.when}>{jobs[0] && instant(jobs[0].created_at)}</span>
        )}
        <span className={styles.tools}>
          {availableSeg !== null && (
            <Button
              small
              icon={<Layers />}
              aria-label={overlaySeriesUid === null ? "Show segmentation" : "Hide segmentation"}
              aria-pressed={overlaySeriesUid !== null}
              onClick={() => props.onOverlay(overlaySeriesUid === null ? availableSeg : null)}
            >
              Segmentation
            </Button>
          )}
          {mayRun && (
            <IconButton label="New draft" onClick={() => setChosen(NEW)}>
              <Plus />
            </IconButton>
          )}
        </span>
      </div>
      <JobReport
        key={shown}
        jobId={shown}
        studyUid={study.study_uid}
        focused={props.focused}
        onFocus={props.onFocus}
        onRetried={(job) => setChosen(job.id)}
      />
    </div>
  );
}
