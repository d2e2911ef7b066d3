/** The common axis of one metric: from figures to places between 0 and 100. */
import { ticksBetween } from "@/ui/axis";
import type { MetricGroup } from "./lines";

export interface Scale {
  low: number;
  high: number;
}

const PADDING = 0.06;
/** How far outside the figures a bound may lie, in their own spans, and still stretch the axis. */
const REACH = 1.5;

const isGiven = (value: number | null): value is number => value !== null;

/** From the lowest to the highest figure and end of an interval of any run, and to the bounds near
 * them, with some air: a bound far away would press all figures into one place. */
export function scaleOf({ lines }: MetricGroup): Scale | null {
  const rows = lines.flatMap((line) => line.rows).filter((row) => row !== null);
  const figures = rows.flatMap((row) => [row.value, row.ci_low, row.ci_high]).filter(isGiven);
  if (figures.length === 0) return null;
  const [least, most] = [Math.min(...figures), Math.max(...figures)];
  const reach = (most - least || Math.abs(most) || 1) * REACH;
  const near = rows
    .flatMap((row) => [row.floor.value, row.baseline.value])
    .filter(isGiven)
    .filter((bound) => bound >= least - reach && bound <= most + reach);
  const [low, high] = [Math.min(least, ...near), Math.max(most, ...near)];
  const air = high > low ? (high - low) * PADDING : Math.abs(high) * PADDING || 1;
  return { low: low - air, high: high + air };
}

/** On which side of the axis a value lies outside it. */
export function beyond(value: number, { low, high }: Scale): "left" | "right" | null {
  if (value < low) return "left";
  return value > high ? "right" : null;
}

export function place(value: number, { low, high }: Scale): number {
  return ((value - low) / (high - low)) * 100;
}

/** Two to four round numbers inside the axis. */
export const ticks = ({ low, high }: Scale): number[] => ticksBetween(low, high, 3);
