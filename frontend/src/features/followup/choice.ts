/** Which two series of a patient are compared: the earlier is the base, the later the follow-up. */
import type { ComparisonBrief, TimelineSeries, TimelineStudy } from "@/api/followup";
import { isFinished } from "@/live/protocol";

export interface Choice {
  base: string | null;
  follow: string | null;
}

export const NO_CHOICE: Choice = { base: null, follow: null };

export interface Visit {
  series: TimelineSeries;
  study: TimelineStudy;
}

/** An acquired image that can be compared: what a model made is no visit. */
export const isVisit = ({ ai_generated: isMade, geometry }: TimelineSeries): boolean =>
  !isMade && geometry !== "none";

export const visitsOf = (studies: readonly TimelineStudy[]): Visit[] =>
  studies.flatMap((study) => study.series.filter(isVisit).map((series) => ({ series, study })));

export const visitOf = (studies: readonly TimelineStudy[], uid: string | null): Visit | null =>
  visitsOf(studies).find(({ series }) => series.series_uid === uid) ?? null;

const SEQUENCES = ["FLAIR", "T1", "T1+C", "T2"];

/** The series of a study to begin with: like another one, else FLAIR or T1, else the largest. */
export function bestSeries(
  study: TimelineStudy,
  like: TimelineSeries | null = null,
): TimelineSeries | null {
  const rank = (series: TimelineSeries) => {
    const place = SEQUENCES.indexOf(series.sequence ?? "");
    return [
      Number(like !== null && series.modality !== like.modality),
      Number(like !== null && series.sequence !== like.sequence),
      Number(like !== null && series.description !== like.description),
      Number(series.geometry !== "regular"),
      Number(series.modality !== "MR"),
      place < 0 ? SEQUENCES.length : place,
      -series.slices,
    ];
  };
  const ranked = study.series.filter(isVisit).map((series) => ({ series, rank: rank(series) }));
  ranked.sort((a, b) => compared(a.rank, b.rank));
  return ranked[0]?.series ?? null;
}

function compared(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}

/** Studies in order of time; undated ones have no place in it. */
const whenOf = ({ date, time }: TimelineStudy): string => `${date ?? ""} ${time ?? ""}`;

export const isBefore = (a: TimelineStudy, b: TimelineStudy): boolean =>
  a.date !== null && b.date !== null && whenOf(a) < whenOf(b);

/** The study of the page and the visit next to it: the one before, else the one after. */
export function firstChoice(studies: readonly TimelineStudy[], studyUid: string): Choice {
  const imaged = studies.filter((study) => bestSeries(study) !== null);
  const at = imaged.findIndex((study) => study.study_uid === studyUid);
  const own = imaged[at];
  if (own === undefined) return NO_CHOICE;
  const before = imaged[at - 1];
  const [first, second] = before === undefined ? [own, imaged[at + 1]] : [before, own];
  const base = bestSeries(first);
  const follow = second === undefined ? null : bestSeries(second, base);
  return { base: base?.series_uid ?? null, follow: follow?.series_uid ?? null };
}

export type Role = "base" | "follow";

/** A visit taken for one part; one series cannot have both. */
export function chosen(choice: Choice, role: Role, uid: string | null): Choice {
  const other: Role = role === "base" ? "follow" : "base";
  const kept = choice[other] === uid ? null : choice[other];
  return { ...choice, [other]: kept, [role]: uid };
}

/** A click on a study: before the base it becomes the base, else the follow-up. */
export function picked(
  studies: readonly TimelineStudy[],
  choice: Choice,
  study: TimelineStudy,
): Choice {
  const base = visitOf(studies, choice.base);
  const uid = bestSeries(study, base?.series ?? null)?.series_uid ?? null;
  if (uid === null || base?.study.study_uid === study.study_uid) return choice;
  if (base === null) return chosen(choice, "base", uid);
  if (!isBefore(study, base.study)) return chosen(choice, "follow", uid);
  return { base: uid, follow: choice.follow ?? choice.base };
}

export interface Objection {
  code: string;
  text: string;
}

/** Why these two cannot be compared, before the server is asked. */
export function objections(base: Visit | null, follow: Visit | null): Objection[] {
  if (base === null) return [{ code: "no_base", text: "Choose the base: the earlier image." }];
  if (follow === null) {
    return [{ code: "no_follow", text: "Choose the follow-up: the later image." }];
  }
  const found: Objection[] = [];
  if (isBefore(follow.study, base.study)) {
    found.push({
      code: "reversed_order",
      text: "The follow-up was taken before the base. Swap the two.",
    });
  }
  if (base.series.modality !== follow.series.modality) {
    found.push({
      code: "modality_mismatch",
      text: `The base is ${base.series.modality}, the follow-up ${follow.series.modality}. They can be registered, but change is not measured between them.`,
    });
  }
  const isArriving = !base.series.complete || !follow.series.complete;
  if (isArriving) {
    found.push({ code: "still_arriving", text: "A chosen series is still arriving." });
  }
  return found;
}

/** What does not forbid a comparison but must be known. */
export function cautions(base: Visit | null, follow: Visit | null): Objection[] {
  if (base === null || follow === null) return [];
  if (base.study.date === null || follow.study.date === null) {
    const text = "A study has no date: no yearly rate can be given.";
    return [{ code: "date_missing", text }];
  }
  if (base.study.date !== follow.study.date) return [];
  return [{ code: "same_date", text: "Both images are of the same date: no rate is given." }];
}

export interface LaterVisit extends Visit {
  state: "none" | "running" | "ready" | "failed";
}

/** The visits after the base, each with the series that is most like the base's, and whether it was
 * registered to it. */
export function laterVisits(
  studies: readonly TimelineStudy[],
  comparisons: readonly ComparisonBrief[],
  base: Visit | null,
): LaterVisit[] {
  if (base === null) return [];
  return studies
    .filter((study) => isBefore(base.study, study))
    .flatMap((study) => {
      const series = bestSeries(study, base.series);
      if (series === null) return [];
      const states = comparisons
        .filter(
          (one) =>
            one.base_series_uid === base.series.series_uid &&
            one.follow_series_uid === series.series_uid,
        )
        .map(({ state }) => state);
      return [{ study, series, state: stateOf(states) }];
    });
}

function stateOf(states: readonly ComparisonBrief["state"][]): LaterVisit["state"] {
  if (states.includes("succeeded")) return "ready";
  if (states.some((state) => !isFinished(state))) return "running";
  return states.length > 0 ? "failed" : "none";
}
