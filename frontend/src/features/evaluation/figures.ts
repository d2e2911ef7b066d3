/** How figures, their intervals and their directions are written. */
import type { Bound, MetricRow, RowDifference } from "@/api/evaluation";

type Direction = MetricRow["direction"];

/** Four significant digits with a true minus, or a dash. */
export function figure(value: number | null): string {
  if (value === null) return "–";
  const text = Math.abs(value) >= 10_000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
  return text.replaceAll("-", "−");
}

export const signed = (value: number): string => (value > 0 ? "+" : "") + figure(value);

export function intervalText(row: MetricRow): string {
  if (row.ci_low === null || row.ci_high === null) return "no interval";
  return `${figure(row.ci_low)} to ${figure(row.ci_high)}`;
}

export function boundText(bound: Bound): string {
  return bound.value === null ? bound.source : figure(bound.value);
}

export const DIRECTIONS: Record<Direction, { mark: string; title: string }> = {
  higher: { mark: "↑", title: "higher is better" },
  lower: { mark: "↓", title: "lower is better" },
  zero: { mark: "→ 0", title: "nearer to 0 is better" },
  none: { mark: "", title: "a description, neither good nor bad" },
};

/** Whether the interval of a difference leaves out 0. */
export function isClear({ ci_low, ci_high }: RowDifference): boolean {
  return ci_low !== null && ci_high !== null && (ci_low > 0 || ci_high < 0);
}

/** A difference, and its interval. */
export function differenceTexts(difference: RowDifference | undefined): [string, string] {
  if (difference === undefined || difference.difference === null) return ["not by subject", ""];
  const { ci_low, ci_high } = difference;
  const middle = signed(difference.difference);
  if (ci_low === null || ci_high === null) return [middle, "no interval"];
  return [middle, `${signed(ci_low)} to ${signed(ci_high)}`];
}

export const unitText = (unit: string): string => (unit === "1" ? "" : unit);

export const metricTitle = (metric: string): string => metric.replaceAll("_", " ");

export const subgroupTitle = (subgroup: string): string =>
  subgroup === "all" ? "All subjects" : subgroup.replace("=", ": ");
