/** The order of the regions, and the axis that their bars share. */
import type { RegionChange } from "@/api/followup";
import { noiseRatio } from "./words";

export type RegionOrder = "name" | "noise" | "rate";

/** By name; by how far the change stands out of its noise; by the size of the yearly rate. */
export function sortedRegions(
  regions: readonly RegionChange[],
  order: RegionOrder,
): RegionChange[] {
  const byName = (a: RegionChange, b: RegionChange) => a.name.localeCompare(b.name);
  if (order === "name") return regions.toSorted(byName);
  // What stays within its noise has no rate: it comes after every change.
  const rate = ({ verdict, per_year_percent: percent }: RegionChange) =>
    verdict === "change" ? Math.abs(percent ?? 0) : -1;
  const size = order === "noise" ? noiseRatio : rate;
  return regions.toSorted((a, b) => size(b) - size(a) || byName(a, b));
}

const LEAST_END = 2;
const MOST_END = 30;

/** Percent at the ends of the bars: all changes and bands fit, up to a bound. */
export function barEnd(regions: readonly RegionChange[]): number {
  const sizes = regions.flatMap(({ change_percent: change, noise_percent: noise }) => [
    Math.abs(change ?? 0),
    noise ?? 0,
  ]);
  return Math.min(MOST_END, Math.max(LEAST_END, ...sizes) * 1.05);
}
