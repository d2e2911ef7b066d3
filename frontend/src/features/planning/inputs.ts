/** Which series of a study can take which part in a plan. */
import type { Series } from "@/api/types";

/** What is said of the images and structures that a plan is made from. */
export interface PlanInputs {
  image: string;
  structures: string;
  structures2: string;
  reference: string;
  lower: string;
  upper: string;
  mr: string;
}

export const NO_INPUTS: PlanInputs = {
  image: "",
  structures: "",
  structures2: "",
  reference: "",
  lower: "",
  upper: "",
  mr: "",
};

/** An image of the patient; maps of bounds (OT) are values about one. */
export const isScan = ({ kind, modality }: Series): boolean =>
  kind === "image" && modality !== "OT";

const isCt = ({ kind, modality }: Series) => kind === "image" && modality === "CT";

/** Synthetic CT made by a model; a test image that is only simulated counts as acquired. */
export const isSyntheticCt = (series: Series): boolean => isCt(series) && series.ai_generated;

export const planningImages = (series: readonly Series[]): Series[] =>
  series.filter(isCt).toSorted((a, b) => Number(b.ai_generated) - Number(a.ai_generated));

export const mrImages = (series: readonly Series[]): Series[] =>
  series.filter(({ kind, modality }) => kind === "image" && modality === "MR");

export function sameFrame(series: readonly Series[], of: Series | undefined): Series[] {
  if (of?.frame_of_reference_uid == null) return [];
  return series.filter(
    (one) =>
      one.series_uid !== of.series_uid && one.frame_of_reference_uid === of.frame_of_reference_uid,
  );
}

export const structureSets = (series: readonly Series[]): Series[] =>
  series.filter(({ kind }) => kind === "rtstruct");

/** The bounds are known by their description: 5 % and 95 % of the image that they come with. */
export function boundsOf(
  series: readonly Series[],
  image: Series | undefined,
): { lower: Series | null; upper: Series | null } {
  const maps = sameFrame(series, image).filter(({ kind }) => kind !== "rtstruct");
  const find = (mark: RegExp) => maps.findLast(({ description }) => mark.test(description)) ?? null;
  return { lower: find(/\b5 ?% bound/i), upper: find(/\b95 ?% bound/i) };
}

/** What most people would choose for an image, to be changed by hand. */
export function suggested(series: readonly Series[], imageUid: string): PlanInputs {
  const image = series.find((one) => one.series_uid === imageUid);
  if (image === undefined) return NO_INPUTS;
  const sets = structureSets(series);
  const near = structureSets(sameFrame(series, image));
  // A person's own structures first, those drawn on this image before others.
  const drawnOn = new Set([imageUid, ...image.derived_from]);
  const rank = (set: Series) =>
    2 * Number(set.ai_generated) + Number(!set.derived_from.some((uid) => drawnOn.has(uid)));
  const choice = (near.length > 0 ? near : sets).toSorted((a, b) => rank(a) - rank(b));
  const bounds = isSyntheticCt(image) ? boundsOf(series, image) : { lower: null, upper: null };
  const others = sameFrame(series, image);
  const reference = isSyntheticCt(image)
    ? others.find((one) => isCt(one) && !one.ai_generated)
    : undefined;
  const source = mrImages(others).find((one) => image.derived_from.includes(one.series_uid));
  return {
    image: imageUid,
    structures: choice[0]?.series_uid ?? "",
    structures2: bodyOf(choice.slice(1), image)?.series_uid ?? "",
    reference: reference?.series_uid ?? "",
    lower: bounds.lower?.series_uid ?? "",
    upper: bounds.upper?.series_uid ?? "",
    mr: source?.series_uid ?? "",
  };
}

/** The body's outline comes with a synthetic CT, drawn on the MR that it was made from. */
function bodyOf(sets: readonly Series[], image: Series): Series | undefined {
  if (!isSyntheticCt(image)) return undefined;
  const sources = new Set(image.derived_from);
  return sets.find((set) => set.ai_generated && set.derived_from.some((uid) => sources.has(uid)));
}

/** Only what is given: an input that is left out has no entry. */
export function given(inputs: PlanInputs): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs).filter(([, uid]) => uid !== ""));
}

/** What a run has just made is listed some seconds before all of it can be read. */
export function stillArriving(series: readonly Series[], inputs: PlanInputs): boolean {
  const chosen = new Set(Object.values(given(inputs)));
  return series.some((one) => chosen.has(one.series_uid) && !one.complete);
}

/** Why these inputs make no plan, before the server is asked. */
export function gaps(inputs: PlanInputs, template: string): string[] {
  const missing: string[] = [];
  if (inputs.image === "") missing.push("Choose the image that is planned on.");
  if (inputs.structures === "") missing.push("Choose a structure set with the target.");
  if (template === "") missing.push("Choose a template.");
  if (inputs.structures !== "" && inputs.structures === inputs.structures2) {
    missing.push("The two structure sets are the same.");
  }
  if ((inputs.lower === "") !== (inputs.upper === "")) {
    missing.push("Give both bounds of the uncertainty, or none.");
  }
  return missing;
}

const MOST_BEAMS = 15;

/** Gantry angles as a person writes them: "0, 72, 144". Null where one is none. */
export function readAngles(text: string): number[] | null {
  const words = text.split(/[\s,;°]+/).filter((word) => word !== "");
  const angles = words.map(Number);
  const areAngles = angles.every((angle) => Number.isFinite(angle) && angle >= 0 && angle < 360);
  if (!areAngles || angles.length > MOST_BEAMS) return null;
  return new Set(angles).size === angles.length ? angles : null;
}

/** The template with beams set by hand; null where it is used as it is. */
export function withBeams(
  body: Record<string, unknown> | undefined,
  angles: readonly number[],
): Record<string, unknown> | null {
  if (body === undefined || angles.length === 0) return null;
  return { ...body, beams: angles.map((gantry_deg) => ({ gantry_deg, couch_deg: 0 })) };
}

/** The beams of a template, in words. */
export function beamsText(body: Record<string, unknown> | undefined): string {
  const beams = body?.beams;
  if (Array.isArray(beams)) {
    return beams.map((beam: { gantry_deg?: unknown }) => String(beam.gantry_deg ?? "–")).join(", ");
  }
  if (beams !== null && typeof beams === "object" && "equispaced" in beams) {
    return `${String(beams.equispaced)} evenly spaced`;
  }
  return "as the template says";
}
