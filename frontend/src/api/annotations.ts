import type { Measurement } from "@/viewer/types";
import { request } from "./http";
import type { SavedMeasurement } from "./types";

export const annotationKeys = {
  ofStudy: (studyUid: string) => ["annotations", studyUid] as const,
};

type Content = Omit<Measurement, "id" | "version">;

function content(measurement: Measurement): Content {
  const { tool, series_uid, frame_of_reference_uid, sop_instance_uid } = measurement;
  const { geometry, value, unit, label } = measurement;
  return {
    tool,
    series_uid,
    frame_of_reference_uid,
    sop_instance_uid,
    geometry,
    value,
    unit,
    label,
  };
}

export function listAnnotations(studyUid: string): Promise<SavedMeasurement[]> {
  return request(`studies/${studyUid}/annotations`);
}

export function createAnnotation(
  studyUid: string,
  measurement: Measurement,
): Promise<SavedMeasurement> {
  return request(`studies/${studyUid}/annotations`, { method: "POST", body: content(measurement) });
}

export function updateAnnotation(
  measurement: Measurement,
  version: number,
): Promise<SavedMeasurement> {
  return request(`annotations/${measurement.id}`, {
    method: "PUT",
    body: { ...content(measurement), version },
  });
}

export function deleteAnnotation(id: string): Promise<void> {
  return request(`annotations/${id}`, { method: "DELETE" });
}
