/** The words for states, verdicts and treatments. */
import type { Lesion, PredictedTreatment, RegionChange, TreatmentKind } from "@/api/followup";
import { signedPercent } from "./figures";
import type { PredictionMark } from "./timeline";

type State = NonNullable<Lesion["state"]>;

export const LESION_STATES: Record<State, string> = {
  new: "New",
  enlarging: "Enlarging",
  stable: "Stable",
  shrinking: "Shrinking",
  resolved: "Resolved",
  merged: "Merged",
  split: "Split",
};

export const TREATMENTS: Record<TreatmentKind, string> = {
  surgery: "Surgery",
  radiotherapy: "Radiotherapy",
  chemotherapy: "Chemotherapy",
  immunotherapy: "Immunotherapy",
  other: "Other",
};

export const WHAT_IF: Record<PredictedTreatment, string> = {
  none: "No treatment",
  resection: "Resection",
  radiotherapy: "Radiotherapy",
  chemotherapy: "Chemotherapy",
};

export const PREDICTION_MARKS: Record<PredictionMark, string> = {
  waiting: "waiting for its scan",
  inside: "scored: inside the interval",
  outside: "scored: outside the interval",
  not_comparable: "its scan was not comparable",
};

type Judged = Pick<RegionChange, "verdict" | "change_percent" | "noise_percent">;

/** A change is told only where it is more than the noise of its measurement. */
export function verdictText({ verdict, change_percent: change, noise_percent: noise }: Judged) {
  if (verdict === "not_comparable") return "Not comparable";
  const band = noise == null ? "" : `±${noise.toFixed(1)} %`;
  if (verdict === "within_noise") return band === "" ? "Within noise" : `Within noise (${band})`;
  return `${signedPercent(change)}${band === "" ? "" : ` (noise ${band})`}`;
}

/** How many times its noise a change is; regions without both come last. */
export function noiseRatio({ change_percent: change, noise_percent: noise }: Judged): number {
  if (change == null || noise == null || noise === 0) return 0;
  return Math.abs(change) / noise;
}
