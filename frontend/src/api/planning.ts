import type { components } from "@/generated/schema";
import { api, bodyOf } from "./client";

type Schemas = components["schemas"];

export type Plan = Schemas["Plan"];
export type PlanBrief = Schemas["PlanBrief"];
export type PlanResult = Schemas["PlanResult"];
export type PlanTemplate = Schemas["Template"];
export type PlanIndex = Schemas["Index"];
export type Check = Schemas["Check"];
export type CheckState = Schemas["CheckStatus"];
export type Dvh = Schemas["Dvh"];
export type Structure = Schemas["Structure"];
export type Decision = Schemas["Decision"];
export type DecisionKind = Schemas["PlanDecisionKind"];
export type DecisionWish = Schemas["DecisionCreateRequest"];
export type PlanWish = Schemas["PlanCreateRequest"];
export type ControlChart = Schemas["Chart"];

export const planKeys = {
  all: ["plans"] as const,
  ofStudy: (studyUid: string) => ["plans", "study", studyUid] as const,
  one: (id: string) => ["plans", "one", id] as const,
  templates: ["plans", "templates"] as const,
  profiles: ["plans", "profiles"] as const,
  charts: ["plans", "chart"] as const,
  chart: (check: string) => ["plans", "chart", check] as const,
};

const ALL = 200;

/** Newest first. */
export async function listPlans(study_uid: string) {
  const query = { study_uid, limit: ALL };
  return (await bodyOf(api.GET("/api/v1/plans", { params: { query } }))).results;
}

export function readPlan(plan_id: string) {
  return bodyOf(api.GET("/api/v1/plans/{plan_id}", { params: { path: { plan_id } } }));
}

/** The versions that are offered. */
export async function listTemplates() {
  const params = { query: { limit: ALL } };
  return (await bodyOf(api.GET("/api/v1/plan-templates", { params }))).results;
}

/** The planning systems whose demands an export can be held to. */
export function listProfiles() {
  return bodyOf(api.GET("/api/v1/plan-profiles"));
}

/** `key` makes a second click, or a repeated request after a lost answer, the same plan. */
export function createPlan(body: PlanWish, key: string) {
  const params = { header: { "Idempotency-Key": key } };
  return bodyOf(api.POST("/api/v1/plans", { params, body }));
}

export function markViewed(plan_id: string, result_sha256: string, keys: string[]) {
  const params = { path: { plan_id } };
  const body = { result_sha256, keys };
  return bodyOf(api.POST("/api/v1/plans/{plan_id}/viewed", { params, body }));
}

export function decide(plan_id: string, body: DecisionWish, key: string) {
  const params = { path: { plan_id }, header: { "Idempotency-Key": key } };
  return bodyOf(api.POST("/api/v1/plans/{plan_id}/decision", { params, body }));
}

export function readChart(check: string) {
  return bodyOf(api.GET("/api/v1/plan-chart", { params: { query: { check } } }));
}

export type Drawing = Schemas["DrawingRequest"];

export function saveStructures(study_uid: string, body: Drawing, key: string) {
  const params = { path: { study_uid }, header: { "Idempotency-Key": key } };
  return bodyOf(api.POST("/api/v1/studies/{study_uid}/structures", { params, body }));
}

export type SctSite = "auto" | "extremity" | "head";

export interface SctChoice {
  image: string;
  site: SctSite;
  /** How many alternatives to draw beside the result. */
  samples: number;
}

export function createSyntheticCt({ image, site, samples }: SctChoice, key: string) {
  const params = { header: { "Idempotency-Key": key } };
  const body = { pipeline: "synthetic_ct", inputs: { image }, params: { site, samples } };
  return bodyOf(api.POST("/api/v1/jobs", { params, body }));
}

/** Where an approved plan is downloaded from. */
export const exportAddress = (planId: string, profile: string): string =>
  `/api/v1/plans/${planId}/export?profile=${encodeURIComponent(profile)}`;
