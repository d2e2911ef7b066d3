import type { Measurement } from "@/viewer/types";
import { api, bodyOf } from "./client";
import type { SavedMeasurement } from "./types";

export const annotationKeys = {
  ofStudy: (studyUid: string) => ["annotations", studyUid] as const,
};

function content(measurement: Measurement) {
  const { tool, series_uid, frame_of_reference_uid, sop_instance_uid } = measurement;
  const { geometry, value, unit, label } = measurement;
  return {
    tool,
    series_uid,
    frame_of_reference_uid: frame_of_reference_uid ?? "",
    sop_instance_uid,
    geometry,
    value,
    unit,
    label,
  };
}

export async function listAnnotations(study_uid: string): Promise<SavedMeasurement[]> {
  const params = { path: { study_uid } };
  const rows = await bodyOf(api.GET("/api/v1/studies/{study_uid}/annotations", { params }));
  return rows as SavedMeasurement[];
}

export async function createAnnotation(
  study_uid: string,
  measurement: Measurement,
): Promise<SavedMeasurement> {
  const call = api.POST("/api/v1/studies/{study_uid}/annotations", {
    params: { path: { study_uid } },
    body: content(measurement),
  });
  return (await bodyOf(call)) as SavedMeasurement;
}

export async function updateAnnotation(
  measurement: Measurement,
  version: number,
): Promise<SavedMeasurement> {
  const call = api.PUT("/api/v1/annotations/{annotation_id}", {
    params: { path: { annotation_id: measurement.id } },
    body: { ...content(measurement), version },
  });
  return (await bodyOf(call)) as SavedMeasurement;
}

export function deleteAnnotation(annotation_id: string) {
  const params = { path: { annotation_id } };
  return bodyOf(api.DELETE("/api/v1/annotations/{annotation_id}", { params }));
}
