import type { components } from "@/generated/schema";
import { api, bodyOf } from "./client";

type Schemas = components["schemas"];

export type Timeline = Schemas["Timeline"];
export type TimelineStudy = Schemas["TimelineStudy"];
export type TimelineSeries = Schemas["TimelineSeries"];
export type Treatment = Schemas["Treatment"];
export type TreatmentKind = Schemas["TreatmentKind"];
export type TreatmentWish = Schemas["TreatmentWriteRequest"];
export type ComparisonBrief = Schemas["ComparisonBrief"];
export type Comparison = Schemas["FollowupComparison"];
export type ComparisonWish = Schemas["ComparisonCreateRequest"];
export type ComparisonKind = Schemas["ComparisonKind"];
export type ChangeContent = Schemas["ChangeContent"];
export type RegionChange = Schemas["RegionChange"];
export type Comparability = Schemas["Comparability"];
export type ComparabilityReason = Schemas["ComparabilityReason"];
export type Lesion = Schemas["Lesion"];
export type LesionState = NonNullable<Lesion["state"]>;
export type Correction = Schemas["Correction"];
export type CorrectionWish = Schemas["CorrectionCreateRequest"];
export type Track = Schemas["Track"];
export type PredictionBrief = Schemas["PredictionBrief"];
export type Prediction = Schemas["Prediction"];
export type PredictionWish = Schemas["PredictionCreateRequest"];
export type PredictedTreatment = Schemas["PredictedTreatment"];
export type PredictionContent = Schemas["PredictionContent"];
export type VolumeAt = Schemas["VolumeAt"];
export type Score = Schemas["Score"];
export type ScoreBrief = Schemas["ScoreBrief"];
export type TrackRecord = Schemas["TrackRecord"];
export type Artifact = Schemas["Artifact"];

export const followupKeys = {
  all: ["followup"] as const,
  timeline: (studyUid: string) => ["followup", "timeline", studyUid] as const,
  tracks: (studyUid: string) => ["followup", "tracks", studyUid] as const,
  comparison: (id: string) => ["followup", "comparison", id] as const,
  prediction: (id: string) => ["followup", "prediction", id] as const,
  records: ["followup", "records"] as const,
};

const STUDY = "/api/v1/studies/{study_uid}";

/** All studies of the patient of a study, with treatments, comparisons and predictions. */
export function readTimeline(study_uid: string) {
  return bodyOf(api.GET(`${STUDY}/timeline`, { params: { path: { study_uid } } }));
}

/** Volume and state of every lesion of the patient, over all comparisons. */
export async function readTracks(study_uid: string) {
  return (await bodyOf(api.GET(`${STUDY}/tracks`, { params: { path: { study_uid } } }))).tracks;
}

export function createTreatment(study_uid: string, body: TreatmentWish, key: string) {
  const params = { path: { study_uid }, header: { "Idempotency-Key": key } };
  return bodyOf(api.POST(`${STUDY}/treatments`, { params, body }));
}

export function changeTreatment(treatment_id: string, body: TreatmentWish) {
  const params = { path: { treatment_id } };
  return bodyOf(api.PATCH("/api/v1/treatments/{treatment_id}", { params, body }));
}

export function deleteTreatment(treatment_id: string) {
  const params = { path: { treatment_id } };
  return bodyOf(api.DELETE("/api/v1/treatments/{treatment_id}", { params }));
}

/** `key` makes a second click, or a repeated request after a lost answer, the same comparison. */
export function createComparison(body: ComparisonWish, key: string) {
  const params = { header: { "Idempotency-Key": key } };
  return bodyOf(api.POST("/api/v1/comparisons", { params, body }));
}

export function readComparison(comparison_id: string) {
  const params = { path: { comparison_id } };
  return bodyOf(api.GET("/api/v1/comparisons/{comparison_id}", { params }));
}

export function correctLesion(comparison_id: string, body: CorrectionWish, key: string) {
  const params = { path: { comparison_id }, header: { "Idempotency-Key": key } };
  return bodyOf(api.POST("/api/v1/comparisons/{comparison_id}/corrections", { params, body }));
}

export function createPrediction(body: PredictionWish, key: string) {
  const params = { header: { "Idempotency-Key": key } };
  return bodyOf(api.POST("/api/v1/predictions", { params, body }));
}

export function readPrediction(prediction_id: string) {
  const params = { path: { prediction_id } };
  return bodyOf(api.GET("/api/v1/predictions/{prediction_id}", { params }));
}

/** One row for each version of a model, the newest first. */
export function listTrackRecords() {
  return bodyOf(api.GET("/api/v1/track-records"));
}
