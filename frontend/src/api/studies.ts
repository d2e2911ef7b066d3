import { request } from "./http";
import type { Page, Study, StudyDetail } from "./types";

export interface StudyFilter {
  q: string;
  modality: string;
  date_from: string;
  date_to: string;
  sort: string;
}

export const studyKeys = {
  all: ["studies"] as const,
  list: (filter: StudyFilter) => ["studies", "list", filter] as const,
  detail: (studyUid: string) => ["studies", "detail", studyUid] as const,
};

export const STUDY_PAGE = 60;

export function listStudies(
  filter: StudyFilter,
  cursor: string | null,
  signal: AbortSignal,
): Promise<Page<Study>> {
  const query = { ...filter, cursor: cursor ?? undefined, limit: STUDY_PAGE };
  return request("studies", { query, signal });
}

export function readStudy(studyUid: string): Promise<StudyDetail> {
  return request(`studies/${studyUid}`);
}

export function deleteStudy(studyUid: string): Promise<void> {
  return request(`studies/${studyUid}`, {
    method: "DELETE",
    headers: { "X-Confirm": studyUid },
  });
}

export function listInstances(
  seriesUid: string,
  signal: AbortSignal,
): Promise<{ sop_instance_uid: string }[]> {
  return request(`series/${seriesUid}/instances`, { signal });
}

/** A small preview picture of one instance, drawn by the archive. */
export async function renderedInstance(
  studyUid: string,
  seriesUid: string,
  sopInstanceUid: string,
  signal: AbortSignal,
): Promise<Blob> {
  const path = `/dicomweb/studies/${studyUid}/series/${seriesUid}/instances/${sopInstanceUid}`;
  const response = await fetch(`${path}/rendered?viewport=112,112`, {
    headers: { Accept: "image/jpeg" },
    signal,
  });
  if (!response.ok) throw new Error(`No preview: the archive answered ${response.status}.`);
  return response.blob();
}
