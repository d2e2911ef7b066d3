/** What is laid over the images when a plan is looked at, and how. */

import type { DoseKind, ViewerDose } from "../types";
import { ISODOSES } from "./colours";
import type { Structure } from "./structures";

export type FusionMode = "off" | "blend" | "checkerboard" | "spyglass" | "difference" | "flicker";

/** In the order in which the keyboard goes through them. */
export const FUSION_MODES: readonly FusionMode[] = [
  "off",
  "blend",
  "checkerboard",
  "spyglass",
  "difference",
  "flicker",
];

export type LoadState = "none" | "loading" | "ready" | "failed";

export interface LayerStatus {
  readonly status: LoadState;
  readonly failure: string | null;
}

export const NOT_LOADED: LayerStatus = { status: "none", failure: null };

export interface LayersState {
  readonly doseKey: string | null;
  readonly dose: LayerStatus;
  readonly isWashShown: boolean;
  readonly areIsodosesShown: boolean;
  /** Percent of the prescription whose lines are hidden. */
  readonly hiddenLevels: ReadonlySet<number>;
  readonly doseOpacity: number;
  /** Percent of the prescription below which nothing is coloured. */
  readonly doseThreshold: number;
  readonly structures: readonly Structure[];
  readonly structuresStatus: LayerStatus;
  readonly areStructuresShown: boolean;
  readonly hiddenStructures: ReadonlySet<number>;
  readonly companionUid: string | null;
  readonly companion: LayerStatus;
  readonly fusion: FusionMode;
  /** The second image has a view of its own beside the first. */
  readonly isBeside: boolean;
  /** More images with views of their own, and how their loading goes. */
  readonly furtherUids: readonly string[];
  readonly further: Readonly<Record<string, LayerStatus>>;
  /** The share of the second image in the blend, 0 to 1. */
  readonly mix: number;
  /** Real units of the difference that take the full colour. */
  readonly differenceRange: number;
  /** The same for two MR, each scaled to its own values, in percent. */
  readonly differencePercent: number;
  readonly isFlickering: boolean;
  /** Changes between the images, a second. */
  readonly flickerRate: number;
  readonly isSecondShown: boolean;
  readonly isUncertaintyShown: boolean;
  readonly uncertainty: LayerStatus;
  readonly uncertaintyRange: number;
}

export const INITIAL_LAYERS: LayersState = {
  doseKey: null,
  dose: NOT_LOADED,
  isWashShown: true,
  areIsodosesShown: false,
  hiddenLevels: new Set(),
  doseOpacity: 0.45,
  doseThreshold: 20,
  structures: [],
  structuresStatus: NOT_LOADED,
  areStructuresShown: true,
  hiddenStructures: new Set(),
  companionUid: null,
  companion: NOT_LOADED,
  fusion: "off",
  isBeside: false,
  furtherUids: [],
  further: {},
  mix: 0.5,
  differenceRange: 200,
  differencePercent: 30,
  isFlickering: false,
  flickerRate: 2,
  isSecondShown: false,
  isUncertaintyShown: false,
  uncertainty: NOT_LOADED,
  uncertaintyRange: 400,
};

/** The next way to compare; images of two kinds (an MR and a CT) have no difference in HU. */
export function nextFusion(mode: FusionMode, hasDifference: boolean): FusionMode {
  const offered = FUSION_MODES.filter((one) => one !== "difference" || hasDifference);
  return offered[(offered.indexOf(mode) + 1) % offered.length] ?? "off";
}

/** A set with one more or one fewer. */
export function toggled<T>(set: ReadonlySet<T>, one: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(one)) next.add(one);
  return next;
}

export interface IsodoseRow {
  readonly percent: number;
  readonly gray: number;
  readonly css: string;
}

/** The legend's lines, highest first; above the largest dose there is nothing to show. */
export function isodoseRows(prescriptionGy: number): IsodoseRow[] {
  return ISODOSES.map(({ percent, colour }) => ({
    percent,
    gray: (prescriptionGy * percent) / 100,
    css: `rgb(${colour.join(" ")})`,
  }));
}

/** Isodoses are lines of a dose; a difference or a γ map has none. */
export const hasIsodoses = (kind: DoseKind | undefined): boolean => kind === "dose";

export function chosenDose(
  doses: readonly ViewerDose[],
  key: string | null,
): ViewerDose | undefined {
  return doses.find((dose) => dose.key === key) ?? doses[0];
}
