/** How figures, their intervals and their directions are written. */
import type { Bound, MetricRow, RowDifference } from "@/api/evaluation";

type Direction = MetricRow["direction"];

/** Four significant digits, or a dash. */
export function figure(value: number | null): string {
  if (value === null) return "–";
  if (Math.abs(value) >= 10_000) return value.toFixed(0);
  return String(Number(value.toPrecision(4)));
}

/** With its sign; the minus is a true one. */
export function signed(value: number): string {
  const text = figure(Math.abs(value));
  return `${value < 0 ? "−" : "+"}${text}`;
}

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

export function differenceText(difference: RowDifference | undefined): string {
  if (difference === undefined || difference.difference === null) return "not by subject";
  const { ci_low, ci_high } = difference;
  const middle = signed(difference.difference);
  if (ci_low === null || ci_high === null) return `${middle} (no interval)`;
  return `${middle} (${signed(ci_low)} to ${signed(ci_high)})`;
}

export const unitText = (unit: string): string => (unit === "1" ? "" : unit);

export const metricTitle = (metric: string): string => metric.replaceAll("_", " ");

export const subgroupTitle = (subgroup: string): string =>
  subgroup === "all" ? "All subjects" : subgroup.replace("=", ": ");
