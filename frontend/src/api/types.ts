import type { JobError, JobState, Section } from "@/live/protocol";
import type { Evidence, Measurement, SeriesKind, ViewerSeries } from "@/viewer/types";

export interface Page<Row> {
  results: Row[];
  next: string | null;
  previous: string | null;
  total?: number | null;
}

export type Role = "clinician" | "researcher" | "administrator";

export interface Me {
  id: string;
  username: string;
  display_name: string;
  roles: Role[];
  permissions: string[];
}

export interface Token {
  id: string;
  name: string;
  prefix: string;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
}

export interface CreatedToken extends Token {
  token: string;
}

export interface Patient {
  id: string;
  patient_id: string;
  name: string;
  birth_date: string | null;
  sex: string;
}

export interface Study {
  study_uid: string;
  patient: Patient;
  study_date: string | null;
  study_time: string | null;
  description: string;
  accession_number: string;
  modalities: string[];
  body_parts: string[];
  laterality: string;
  series_count: number;
  instance_count: number;
  received_at: string;
  synthetic: boolean;
  has_draft: boolean;
  active_job: string | null;
}

export interface Series extends ViewerSeries {
  body_part: string;
  laterality: string;
  kind: SeriesKind;
}

export interface DraftBrief {
  id: string;
  job: string | null;
  version: number;
  incomplete: boolean;
  updated_at: string;
}

export interface StudyDetail extends Study {
  series: Series[];
  priors: Study[];
  jobs: Job[];
  drafts: DraftBrief[];
}

export interface Job {
  id: string;
  pipeline: string;
  version: string;
  state: JobState;
  attempt: number;
  position: number | null;
  progress: number | null;
  study_uid: string;
  inputs: Record<string, string>;
  params: Record<string, unknown>;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  created_by: string;
  error: JobError | null;
  incomplete: boolean;
  stream: string;
  draft: string | null;
}

export interface Reason {
  code: string;
  message: string;
}

export interface Eligibility {
  ok: boolean;
  reasons: Reason[];
}

export interface Pipeline {
  name: string;
  version: string;
  title: string;
  summary: string;
  enabled: boolean;
  state: string;
}

export interface Sentence {
  id: string;
  section: Section;
  text: string;
  ai_text: string | null;
  origin: "ai" | "person";
  linked: boolean | null;
  reason: string | null;
  evidence: Evidence[];
  removed: boolean;
}

export interface Draft {
  id: string;
  study_uid: string;
  job: string | null;
  status: "draft";
  incomplete: boolean;
  version: number;
  sentences: Sentence[];
  sr: { series_uid: string; sop_instance_uid: string } | null;
  updated_by: string | null;
  updated_at: string;
  ai_generated: true;
}

export interface SavedMeasurement extends Measurement {
  author: string;
  created_at: string;
  updated_at: string;
  version: number;
}

export interface UploadAnswer {
  upload_id: string;
  stored: { name: string; sop_instance_uid: string; study_uid: string; series_uid: string }[];
  refused: { name: string; code: string; reason: string }[];
  studies: string[];
}
