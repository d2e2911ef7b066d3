/** What the plots of lesions and of predicted volumes draw. */
import type { Lesion, PredictionContent, Track, VolumeAt } from "@/api/followup";

export interface WaterfallRow {
  track: string;
  name: string;
  /** Percent of the base volume; null for a lesion that was not there before. */
  percent: number | null;
  /** What is drawn: a new lesion and growth beyond the end of the axis reach it. */
  drawn: number;
}

export const WATERFALL_END = 100;

const isCounted = ({ rejected, merged_into: into }: Lesion) => !rejected && into === null;

/** One bar for each lesion, from the most grown to the most shrunk; new ones come first. */
export function waterfallRows(lesions: readonly Lesion[]): WaterfallRow[] {
  const rows = lesions.filter(isCounted).flatMap((lesion): WaterfallRow[] => {
    const { track, name, base_ml: base, follow_ml: follow } = lesion;
    if (base <= 0 && follow <= 0) return [];
    const percent = base <= 0 ? null : (100 * (follow - base)) / base;
    const drawn = Math.max(-WATERFALL_END, Math.min(WATERFALL_END, percent ?? WATERFALL_END));
    return [{ track, name, percent, drawn }];
  });
  const size = ({ percent }: WaterfallRow) => percent ?? Number.POSITIVE_INFINITY;
  return rows.toSorted((a, b) => compare(size(b), size(a)) || a.name.localeCompare(b.name));
}

const compare = (a: number, b: number): number => (a === b ? 0 : a - b);

export interface SpiderLine {
  track: string;
  name: string;
  points: { date: string; ml: number; corrected: boolean }[];
}

/** The volume of each lesion over the visits: one point for each image, the newest word on it. */
export function spiderLines(tracks: readonly Track[]): SpiderLine[] {
  return tracks.flatMap(({ track, name, points }) => {
    const bySeries = new Map(points.map((point) => [point.series_uid, point]));
    const dated = [...bySeries.values()].flatMap(({ date, ml, corrected }) =>
      date === null ? [] : [{ date, ml, corrected }],
    );
    dated.sort((a, b) => a.date.localeCompare(b.date));
    return dated.length < 2 ? [] : [{ track, name, points: dated }];
  });
}

export interface Actual {
  days: number;
  ml: number;
  isInside: boolean | null;
}

/** The highest value of a volume curve, with some air. */
export function highestVolume(
  { volumes, carry_forward_ml: forward }: PredictionContent,
  actual: readonly Actual[],
): number {
  const all = [...volumes.map(({ upper_ml: upper }) => upper), ...actual.map(({ ml }) => ml)];
  return Math.max(forward, ...all, 0.1) * 1.08;
}

/** The outline of the interval: along the upper bounds, back along the lower ones. */
export function bandOf(volumes: readonly VolumeAt[]): { days: number; ml: number }[] {
  return [
    ...volumes.map(({ days, upper_ml: ml }) => ({ days, ml })),
    ...volumes.toReversed().map(({ days, lower_ml: ml }) => ({ days, ml })),
  ];
}
