import type { CatchUp } from "@/live/poll";
import { api, bodyOf } from "./client";
import type { JobState } from "./types";

export const jobKeys = {
  all: ["jobs"] as const,
  list: (states: readonly JobState[]) => ["jobs", "list", states] as const,
  ofStudy: (studyUid: string) => ["jobs", "study", studyUid] as const,
  one: (id: string) => ["jobs", "one", id] as const,
};

export const pipelineKeys = {
  eligibility: (pipeline: string, seriesUid: string) =>
    ["pipelines", pipeline, "eligibility", seriesUid] as const,
};

export function listJobs(states: readonly JobState[], cursor: string | null) {
  const query = {
    ...(states.length === 0 ? {} : { state: [...states] }),
    ...(cursor === null ? {} : { cursor }),
  };
  return bodyOf(api.GET("/api/v1/jobs", { params: { query } }));
}

const JOBS_OF_STUDY = 100;

export async function listJobsOfStudy(study_uid: string) {
  const query = { study_uid, limit: JOBS_OF_STUDY };
  const page = await bodyOf(api.GET("/api/v1/jobs", { params: { query } }));
  return page.results;
}

export function readJob(job_id: string) {
  return bodyOf(api.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id } } }));
}

/** `key` makes a second click, or a repeated request after a lost answer, the same job. */
export function createJob(pipeline: string, seriesUid: string, key: string) {
  return bodyOf(
    api.POST("/api/v1/jobs", {
      params: { header: { "Idempotency-Key": key } },
      body: { pipeline, inputs: { image: seriesUid }, params: {} },
    }),
  );
}

export function cancelJob(job_id: string) {
  return bodyOf(api.POST("/api/v1/jobs/{job_id}/cancel", { params: { path: { job_id } } }));
}

/** A new job with the same inputs; with a reason also on an image that the gate held back. */
export function retryJob(job_id: string, key: string, override_reason = "") {
  const params = { path: { job_id }, header: { "Idempotency-Key": key } };
  return bodyOf(api.POST("/api/v1/jobs/{job_id}/retry", { params, body: { override_reason } }));
}

/** Where the run's capsule is downloaded from. */
export const capsuleAddress = (jobId: string): string => `/api/v1/jobs/${jobId}/capsule`;

const LONG_POLL_S = 20;

export async function readJobEvents(
  job_id: string,
  after: number,
  epoch: string | null,
  signal: AbortSignal,
): Promise<CatchUp> {
  const query = { after, wait: LONG_POLL_S, ...(epoch === null ? {} : { epoch }) };
  const params = { path: { job_id }, query };
  const call = api.GET("/api/v1/jobs/{job_id}/events", { params, signal });
  // The schema leaves the events' data open; `live/protocol.ts` has their shapes.
  return (await bodyOf(call)) as unknown as CatchUp;
}

export function readEligibility(name: string, series_uid: string) {
  const params = { path: { name }, query: { series_uid } };
  return bodyOf(api.GET("/api/v1/pipelines/{name}/eligibility", { params }));
}

/** How often a series that is still arriving is asked about again. */
export const ARRIVING_MS = 2000;

/** The series does not fit yet, since images of it are still on their way. */
export const isArriving = (fits: Awaited<ReturnType<typeof readEligibility>> | undefined) =>
  fits?.reasons.some(({ code }) => code === "still_arriving") ?? false;
