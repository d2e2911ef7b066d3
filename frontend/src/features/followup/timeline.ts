/** The axis of time: where studies, treatments and predictions lie on it. */
import type { PredictionBrief, Timeline, TimelineStudy, Treatment } from "@/api/followup";
import { ticksBetween } from "@/ui/axis";

const DAY_MS = 86_400_000;

/** Days since 1970: dates have no zone. */
export const dayOf = (date: string): number =>
  Date.parse(`${date.slice(0, 10)}T00:00:00Z`) / DAY_MS;

export const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

export interface Span {
  low: number;
  high: number;
}

/** A prediction is scored against a scan at most so far from its day (days). */
export const tolerance = (days: number): number => Math.max(14, Math.round(days * 0.1));

/** From the first to the last thing that has a date, with some air; null where nothing has one. */
export function spanOf({ studies, treatments, predictions }: Timeline): Span | null {
  const days = [
    ...studies.flatMap(({ date }) => (date === null ? [] : [dayOf(date)])),
    ...treatments.flatMap(({ started_on: from, ended_on: to }) => [from, to ?? from].map(dayOf)),
    ...predictions.flatMap(({ target_date: at, days: ahead }) =>
      at === null ? [] : [dayOf(at) - tolerance(ahead), dayOf(at) + tolerance(ahead)],
    ),
  ];
  if (days.length === 0) return null;
  const [low, high] = [Math.min(...days), Math.max(...days)];
  const air = Math.max(3, (high - low) * 0.05);
  return { low: low - air, high: high + air };
}

/** 0 at the left end of the axis, 100 at the right. */
export const placeOf = (day: number, { low, high }: Span): number =>
  (100 * (day - low)) / (high - low);

export interface Tick {
  day: number;
  text: string;
}

const MONTH_STEPS = [1, 3, 6, 12, 24, 60, 120];
const MOST_TICKS = 8;

/** Round days, months or years, at most eight. */
export function ticksOf({ low, high }: Span): Tick[] {
  const months = (high - low) / 30.44;
  if (months < 3) {
    return ticksBetween(low, high, 6)
      .filter(Number.isInteger)
      .map((day) => ({ day, text: dateOf(day).slice(5) }));
  }
  const step = MONTH_STEPS.find((size) => months / size <= MOST_TICKS) ?? 240;
  const first = new Date(low * DAY_MS);
  const from = first.getUTCFullYear() * 12 + first.getUTCMonth() + 1;
  const ticks: Tick[] = [];
  for (let month = Math.ceil(from / step) * step; ; month += step) {
    const day = Date.UTC(Math.floor(month / 12), month % 12) / DAY_MS;
    if (day > high) return ticks;
    const date = dateOf(day);
    ticks.push({ day, text: step >= 12 ? date.slice(0, 4) : date.slice(0, 7) });
  }
}

/** The row of each bar, so that none covers another: `[from, to]` in any unit. */
export function rowsOf(bars: readonly (readonly [number, number])[], gap: number): number[] {
  const ends: number[] = [];
  const order = bars.map((_, at) => at).toSorted((a, b) => startOf(bars, a) - startOf(bars, b));
  const rows: number[] = bars.map(() => 0);
  for (const at of order) {
    const [from, to] = bars[at] as readonly [number, number];
    const free = ends.findIndex((end) => end + gap <= from);
    const row = free < 0 ? ends.length : free;
    ends[row] = to;
    rows[at] = row;
  }
  return rows;
}

const startOf = (bars: readonly (readonly [number, number])[], at: number): number =>
  bars[at]?.[0] ?? 0;

const FIRST_LANES = ["MR", "CT", "PT"];

/** What was taken of a person, one lane for each modality: MR and CT first. */
export function modalityLanes(studies: readonly TimelineStudy[]): string[] {
  const found = new Set(studies.map(laneOf));
  const rank = (lane: string) => {
    const at = FIRST_LANES.indexOf(lane);
    return at < 0 ? FIRST_LANES.length : at;
  };
  return [...found].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/** Objects about images (SEG, SR) make no lane of their own. */
export function laneOf({ series, modalities }: TimelineStudy): string {
  const acquired = series.filter(({ ai_generated: isMade }) => !isMade);
  const own = acquired.map(({ modality }) => modality);
  return FIRST_LANES.find((lane) => own.includes(lane)) ?? own[0] ?? modalities[0] ?? "Other";
}

export const treatmentBar = ({ started_on: from, ended_on: to }: Treatment): [number, number] => [
  dayOf(from),
  dayOf(to ?? from),
];

export type PredictionMark = "waiting" | "inside" | "outside" | "not_comparable";

/** What has become of a prediction: the newest score that says something. */
export function markOf({ scores }: Pick<PredictionBrief, "scores">): PredictionMark {
  const done = scores.filter(({ comparable }) => comparable !== null);
  const judged = done.findLast(({ inside_interval: inside }) => inside !== null);
  if (judged?.comparable) return judged.inside_interval ? "inside" : "outside";
  return done.length > 0 ? "not_comparable" : "waiting";
}
