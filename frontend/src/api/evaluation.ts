import type { components } from "@/generated/schema";
import { api, bodyOf } from "./client";

type Schemas = components["schemas"];

export type EvaluationBrief = Schemas["EvaluationBrief"];
export type Evaluation = Schemas["Evaluation"];
export type MetricRow = Schemas["MetricRow"];
export type Bound = Schemas["Bound"];
export type RowDifference = Schemas["RowDifference"];
export type Comparison = Schemas["Comparison"];
export type Description = Required<Schemas["EvaluationDescriptionRequest"]>;

export interface EvaluationFilter {
  task: string;
  pipeline: string;
}

export const evaluationKeys = {
  all: ["evaluations"] as const,
  list: (filter: EvaluationFilter) => ["evaluations", "list", filter] as const,
  one: (id: string) => ["evaluations", "one", id] as const,
  comparison: (a: string, b: string, subgroup: string) =>
    ["evaluations", "comparison", a, b, subgroup] as const,
};

export function listEvaluations({ task, pipeline }: EvaluationFilter, cursor: string | null) {
  const query = {
    ...(task && { task }),
    ...(pipeline && { pipeline }),
    ...(cursor === null ? {} : { cursor }),
  };
  return bodyOf(api.GET("/api/v1/evaluations", { params: { query } }));
}

export function readEvaluation(run_id: string) {
  return bodyOf(api.GET("/api/v1/evaluations/{run_id}", { params: { path: { run_id } } }));
}

/** b minus a, over the subjects of both. */
export function compareEvaluations(a: string, b: string, subgroup: string, signal: AbortSignal) {
  const params = { query: { a, b, subgroup } };
  return bodyOf(api.GET("/api/v1/evaluations/compare", { params, signal }));
}

/** Whether the file was new: the same file again is answered with the same run. */
export async function importEvaluation(file: File): Promise<{ run: Evaluation; isNew: boolean }> {
  const form = new FormData();
  form.append("file", file, "evaluation.json");
  const call = api.POST("/api/v1/evaluations", {
    body: { file: "", title: "", note: "", pipeline: "", pipeline_version: "" },
    bodySerializer: () => form,
  });
  const run = await bodyOf(call);
  return { run, isNew: (await call).response.status === 201 };
}

export function describeEvaluation(run_id: string, body: Description) {
  return bodyOf(api.PUT("/api/v1/evaluations/{run_id}", { params: { path: { run_id } }, body }));
}

export function deleteEvaluation(run_id: string) {
  const params = { path: { run_id }, header: { "X-Confirm": run_id } };
  return bodyOf(api.DELETE("/api/v1/evaluations/{run_id}", { params }));
}

/** Where the imported file is downloaded from, and its figures as CSV. */
export const contentAddress = (id: string): string => `/api/v1/evaluations/${id}/content`;
export const tableAddress = (id: string): string => `/api/v1/evaluations/${id}/table`;
