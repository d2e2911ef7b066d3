import type { components } from "@/generated/schema";
import { api, bodyOf } from "./client";

type Schemas = components["schemas"];

export type Pipeline = Schemas["Pipeline"];
export type WeightsFile = Schemas["WeightsFile"];
export type MetricsFile = Schemas["MetricsFile"];

export const pipelinesKey = ["pipelines", "list"] as const;

export function listPipelines() {
  return bodyOf(api.GET("/api/v1/pipelines"));
}

/** Where the model card is downloaded from, in the layout of CHAI. */
export const cardAddress = (name: string, encoding: "json" | "xml"): string =>
  `/api/v1/pipelines/${encodeURIComponent(name)}/card?layout=chai&encoding=${encoding}`;
