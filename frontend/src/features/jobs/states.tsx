import { CircleAlert, CircleCheck, CircleStop, Clock3, LoaderCircle } from "lucide-react";
import type { Job, JobState } from "@/api/types";
import { Badge } from "@/ui/Badge";
import styles from "./Jobs.module.css";

interface StateFilter {
  value: string;
  title: string;
  states: readonly JobState[];
}

const ALL: StateFilter = { value: "", title: "All", states: [] };

/** The choices of the list, named in its address. */
export const STATE_FILTERS: readonly StateFilter[] = [
  ALL,
  { value: "waiting", title: "Waiting", states: ["queued", "interrupted"] },
  { value: "running", title: "Running", states: ["running"] },
  { value: "done", title: "Done", states: ["succeeded"] },
  { value: "failed", title: "Failed", states: ["failed"] },
  { value: "stopped", title: "Stopped", states: ["cancelled"] },
];

export function stateFilter(value: string | null): StateFilter {
  return STATE_FILTERS.find((one) => one.value === value) ?? ALL;
}

export function JobStateBadge({ job }: { job: Job }) {
  switch (job.state) {
    case "queued":
      return (
        <Badge icon={<Clock3 aria-hidden />}>
          {job.position === null ? "Waiting" : `Waiting, place ${job.position}`}
        </Badge>
      );
    case "running":
      return (
        <Badge tone="accent" icon={<LoaderCircle className={styles.turning} aria-hidden />}>
          Running{job.progress === null ? "" : ` ${Math.round(job.progress * 100)} %`}
        </Badge>
      );
    case "interrupted":
      return <Badge tone="caution">Worker lost, starting again</Badge>;
    case "succeeded":
      return (
        <Badge tone="good" icon={<CircleCheck aria-hidden />}>
          Done
        </Badge>
      );
    case "failed":
      return (
        <Badge tone="danger" icon={<CircleAlert aria-hidden />}>
          Failed
        </Badge>
      );
    case "cancelled":
      return (
        <Badge tone="caution" icon={<CircleStop aria-hidden />}>
          Stopped
        </Badge>
      );
  }
}

const PIPELINES: Record<string, string> = {
  draft_report: "Draft report",
  segment_head: "Segment head",
};

export function pipelineTitle(name: string): string {
  const words = name.replaceAll("_", " ");
  return PIPELINES[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** Seconds from start to end, or null while either is not known. */
export function duration({ started_at, finished_at }: Job): number | null {
  if (started_at === null || finished_at === null) return null;
  return (Date.parse(finished_at) - Date.parse(started_at)) / 1000;
}
