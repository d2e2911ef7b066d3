/** The event protocol of jobs: what the socket and the REST catch-up carry. */
import type { Evidence } from "@/viewer/types";

export type JobState = "queued" | "running" | "interrupted" | "succeeded" | "failed" | "cancelled";

export type Section = "findings" | "impression";

export interface Step {
  step: string;
  title: string;
  index: number;
  total: number;
  state: "running" | "done";
  fraction: number | null;
  note: string | null;
  seconds: number | null;
}

export interface Message {
  message: string;
  kind: string;
  section: Section;
  text: string;
  state: "streaming" | "done";
  evidence: Evidence[];
  linked: boolean | null;
  reason: string | null;
}

export interface Finding {
  id: string;
  concept: string;
  structure: string;
  label: number;
  side: "left" | "right" | "midline" | null;
  status: "normal" | "abnormal" | "measured";
  value?: number | null;
  unit?: string | null;
  reference?: string | null;
  text: string;
  evidence: Evidence[];
}

export interface StoredArtifact {
  artifact: string;
  key: string;
  kind: string;
  title: string;
  series_uid?: string | null;
  sop_instance_uid?: string | null;
  url: string;
  incomplete: boolean;
}

export interface LogLine {
  level: "info" | "warning";
  code: string;
  text: string;
}

export interface JobError {
  code: string;
  user_message: string;
}

/** The events of one job folded into what a watcher sees. */
export interface Projection {
  stream: string;
  seq: number;
  state: JobState;
  attempt: number;
  position: number | null;
  steps: Step[];
  messages: Message[];
  findings: Finding[];
  artifacts: StoredArtifact[];
  logs: LogLine[];
  error: JobError | null;
  incomplete: boolean;
}

interface Envelope<Type extends string, Data> {
  v: 1;
  stream: string;
  seq: number;
  ts: string;
  type: Type;
  data: Data;
}

interface FinishedData {
  outcome: "succeeded" | "failed" | "cancelled";
  code?: string | null;
  user_message?: string | null;
  incomplete?: boolean;
  retryable?: boolean;
}

interface MessageFinishedData {
  message: string;
  text: string;
  section: Section;
  evidence?: Evidence[];
  linked?: boolean | null;
  reason?: string | null;
}

/** The event types this version folds; later types only move the cursor. */
export type KnownEvent =
  | Envelope<"job.queued", { attempt: number; position?: number | null }>
  | Envelope<"job.started", { attempt: number; pipeline: string; version: string; worker: string }>
  | Envelope<"job.interrupted", { attempt: number; reason: string }>
  | Envelope<"job.finished", FinishedData>
  | Envelope<"step.started", { step: string; title: string; index: number; total: number }>
  | Envelope<"step.progress", { step: string; fraction?: number | null; note?: string | null }>
  | Envelope<"step.finished", { step: string; seconds?: number | null }>
  | Envelope<
      "message.started",
      { message: string; kind: string; section: Section; evidence?: Evidence[] }
    >
  | Envelope<"message.delta", { message: string; text: string }>
  | Envelope<"message.finished", MessageFinishedData>
  | Envelope<"finding.added", { finding: Finding }>
  | Envelope<"artifact.stored", StoredArtifact>
  | Envelope<"log", LogLine>;

/** An event as it comes off the wire: of a known type, or of one this version does not know. */
export type JobEvent = Envelope<string, unknown>;

export type ClientFrame =
  | { type: "hello"; resume: { stream: string; after: number; epoch: string }[] }
  | { type: "subscribe"; stream: string; after: number; epoch?: string }
  | { type: "unsubscribe"; stream: string }
  | { type: "ack"; stream: string; seq: number }
  | { type: "ping" };

export type ServerFrame =
  | { type: "welcome"; v: number; heartbeat_s: number }
  | { type: "stream.opened"; stream: string; epoch: string; head: number }
  | { type: "events"; stream: string; events: JobEvent[] }
  | { type: "stream.reset"; stream: string; epoch: string; seq: number; snapshot: Projection }
  | { type: "error"; stream?: string | null; code: string; message: string }
  | { type: "pong" }
  | { type: "heartbeat"; heads: Record<string, number> }
  | { type: "studies.changed"; stream: "studies"; head: number };

export const STUDIES_STREAM = "studies";

export const jobStream = (jobId: string): string => `job:${jobId}`;

const FINISHED: ReadonlySet<string> = new Set(["succeeded", "failed", "cancelled"]);

export const isFinished = (state: string): boolean => FINISHED.has(state);
