import type { CatchUp } from "@/live/poll";
import { request } from "./http";
import type { Eligibility, Job, Page, Pipeline } from "./types";

export const jobKeys = {
  all: ["jobs"] as const,
  list: (state: string) => ["jobs", "list", state] as const,
  one: (id: string) => ["jobs", "one", id] as const,
};

export const pipelineKeys = {
  all: ["pipelines"] as const,
  eligibility: (pipeline: string, seriesUid: string) =>
    ["pipelines", pipeline, "eligibility", seriesUid] as const,
};

export function listJobs(state: string, cursor: string | null): Promise<Page<Job>> {
  return request("jobs", { query: { state, cursor: cursor ?? undefined } });
}

export function readJob(id: string): Promise<Job> {
  return request(`jobs/${id}`);
}

/** `key` makes a second click, or a repeated request after a lost answer, the same job. */
export function createJob(pipeline: string, seriesUid: string, key: string): Promise<Job> {
  return request("jobs", {
    method: "POST",
    headers: { "Idempotency-Key": key },
    body: { pipeline, inputs: { image: seriesUid }, params: {} },
  });
}

export function cancelJob(id: string): Promise<Job> {
  return request(`jobs/${id}/cancel`, { method: "POST" });
}

export function retryJob(id: string): Promise<Job> {
  return request(`jobs/${id}/retry`, { method: "POST" });
}

const LONG_POLL_S = 20;

export function readJobEvents(id: string, after: number, signal: AbortSignal): Promise<CatchUp> {
  return request(`jobs/${id}/events`, { query: { after, wait: LONG_POLL_S }, signal });
}

export function readEligibility(pipeline: string, seriesUid: string): Promise<Eligibility> {
  return request(`pipelines/${pipeline}/eligibility`, { query: { series_uid: seriesUid } });
}

export function listPipelines(): Promise<Pipeline[]> {
  return request("pipelines");
}
