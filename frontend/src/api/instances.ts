import { api, bodyOf } from "./client";

export const instanceKeys = {
  header: (sopInstanceUid: string) => ["instances", sopInstanceUid, "header"] as const,
};

/** One DICOM attribute; the value of a sequence is a list of lists of the same. */
export interface HeaderElement {
  tag: string;
  vr: string;
  keyword: string;
  value: string | HeaderElement[][] | null;
}

export async function readHeader(sop_instance_uid: string): Promise<HeaderElement[]> {
  const params = { path: { sop_instance_uid } };
  const call = api.GET("/api/v1/instances/{sop_instance_uid}/header", { params });
  return (await bodyOf(call)) as HeaderElement[];
}
