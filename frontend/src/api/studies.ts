import type { operations } from "@/generated/schema";
import { api, bodyOf } from "./client";

type StudyQuery = NonNullable<operations["studies_list"]["parameters"]["query"]>;

export type StudySort = NonNullable<StudyQuery["sort"]>;

export interface StudyFilter {
  q: string;
  modality: string;
  date_from: string;
  date_to: string;
  sort: StudySort;
}

export const studyKeys = {
  all: ["studies"] as const,
  list: (filter: StudyFilter) => ["studies", "list", filter] as const,
  detail: (studyUid: string) => ["studies", "detail", studyUid] as const,
};

const PAGE = 60;

/** Fields that say nothing are left out of the query. */
function asked(filter: StudyFilter): Partial<StudyFilter> {
  const said = Object.entries(filter).filter(([, value]) => value !== "");
  return Object.fromEntries(said) as Partial<StudyFilter>;
}

export function listStudies(filter: StudyFilter, cursor: string | null, signal: AbortSignal) {
  const query = { ...asked(filter), limit: PAGE, ...(cursor === null ? {} : { cursor }) };
  return bodyOf(api.GET("/api/v1/studies", { params: { query }, signal }));
}

export function readStudy(study_uid: string) {
  return bodyOf(api.GET("/api/v1/studies/{study_uid}", { params: { path: { study_uid } } }));
}

export function deleteStudy(study_uid: string) {
  const params = { path: { study_uid }, header: { "X-Confirm": study_uid } };
  return bodyOf(api.DELETE("/api/v1/studies/{study_uid}", { params }));
}

export function listInstances(series_uid: string, signal: AbortSignal) {
  const params = { path: { series_uid } };
  return bodyOf(api.GET("/api/v1/series/{series_uid}/instances", { params, signal }));
}

/** A small preview picture of one instance, drawn by the archive (DICOMweb, not our API). */
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
