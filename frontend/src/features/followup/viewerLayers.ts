/** What of a comparison or a prediction the viewer is given. */
import type { Artifact, Comparison, Prediction } from "@/api/followup";
import type { Series } from "@/api/types";
import type { ViewerFollowup, ViewerLesions, ViewerMap } from "@/viewer/types";

export type MapWish = ViewerFollowup["mapWish"];

interface MapLook extends Omit<ViewerMap, "key" | "seriesUid"> {}

/**
 * Differences have no unit: the subtraction is in spreads of white matter, what a prediction changes
 * and misses in units of normal brain. The ranges are those that the pipelines' own pictures take.
 */
const MAPS: Record<string, MapLook> = {
  subtraction: {
    title: "Subtraction",
    kind: "signed",
    range: 8,
    unit: "",
    ends: ["darker", "brighter"],
  },
  "growth-probability": {
    title: "Growth probability",
    kind: "share",
    range: 1,
    unit: "",
    ends: ["no lesion", "lesion"],
  },
  "change-map": {
    title: "Predicted change",
    kind: "signed",
    range: 0.5,
    unit: "",
    ends: ["darker", "brighter"],
  },
  "error-map": {
    title: "Error of the prediction",
    kind: "signed",
    range: 0.5,
    unit: "",
    ends: ["too dark", "too bright"],
  },
};

/** The maps of a prediction by their keys, for the buttons that show them. */
export const MAP_TITLES: Record<string, string> = Object.fromEntries(
  ["growth-probability", "change-map"].map((key) => [key, MAPS[key]?.title ?? key]),
);

/** The series of an artefact, once it is stored and listed. */
export function storedSeries(
  artifacts: readonly Artifact[],
  key: string,
  series: readonly Series[],
): Series | null {
  const uid = artifacts.find((one) => one.key === key)?.series_uid ?? null;
  return series.find(({ series_uid }) => series_uid === uid) ?? null;
}

function mapsOf(artifacts: readonly Artifact[], series: readonly Series[]): ViewerMap[] {
  return Object.entries(MAPS).flatMap(([key, look]) => {
    const stored = storedSeries(artifacts, key, series);
    return stored === null ? [] : [{ ...look, key, seriesUid: stored.series_uid }];
  });
}

function lesionsOf(
  { artifacts, content }: Comparison,
  series: readonly Series[],
  base: Series | undefined,
): ViewerLesions[] {
  return (["base", "follow"] as const).flatMap((visit) => {
    const stored = storedSeries(artifacts, `seg-${visit}`, series);
    if (stored === null) return [];
    const isHere = stored.frame_of_reference_uid === base?.frame_of_reference_uid;
    // Drawn on the follow-up as it was taken: the registration brings the outlines here.
    const matrix = isHere ? null : (content?.registration?.matrix ?? null);
    return [{ visit, segSeriesUid: stored.series_uid, matrix }];
  });
}

interface Shown {
  series: readonly Series[];
  active: Series | undefined;
  comparison: Comparison | null;
  prediction: Prediction | null;
  mapWish: MapWish;
}

export function viewerFollowup(shown: Shown): ViewerFollowup {
  const { series, active, comparison, prediction, mapWish } = shown;
  const artifacts = [
    ...(comparison?.artifacts ?? []),
    ...(prediction?.artifacts ?? []),
    ...(prediction?.scores.flatMap((score) => score.artifacts) ?? []),
  ];
  const own = new Set(artifacts.map(({ series_uid }) => series_uid));
  const near = series.filter(
    (one) =>
      one.kind === "image" &&
      one.modality !== "OT" &&
      one.series_uid !== active?.series_uid &&
      one.frame_of_reference_uid !== "" &&
      one.frame_of_reference_uid === active?.frame_of_reference_uid,
  );
  // What this run made of the two comes before other images of the same frame.
  const ranked = near.toSorted(
    (a, b) => Number(own.has(b.series_uid)) - Number(own.has(a.series_uid)),
  );
  const maps = mapsOf(artifacts, series);
  return {
    companionSeriesUid: ranked[0]?.series_uid ?? null,
    companionUids: ranked.map(({ series_uid }) => series_uid),
    maps: maps.filter(({ seriesUid }) => isWith(series, seriesUid, active)),
    lesions: comparison === null ? [] : lesionsOf(comparison, series, active),
    mapWish,
  };
}

function isWith(series: readonly Series[], uid: string, active: Series | undefined): boolean {
  const map = series.find(({ series_uid }) => series_uid === uid);
  return map?.frame_of_reference_uid === active?.frame_of_reference_uid;
}
