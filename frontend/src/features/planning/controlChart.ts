/** The control chart: one figure over patients, with mean and limits of three deviations. */
import type { ControlChart } from "@/api/planning";

export interface ChartSpan {
  low: number;
  high: number;
}

/** From the lowest to the highest of points and limits, with some air. */
export function spanOf({ points, lower, upper }: ControlChart): ChartSpan {
  const values = points.map(({ figure }) => figure);
  if (lower !== null) values.push(lower);
  if (upper !== null) values.push(upper);
  const [low, high] = [Math.min(...values, 0), Math.max(...values)];
  const air = (high - low) * 0.08 || Math.abs(high) * 0.08 || 1;
  return { low: low < 0 ? low - air : low, high: high + air };
}

/** What the chart says, for those who do not see it. */
export function spoken(chart: ControlChart): string {
  const outside = chart.points.filter((point) => point.outside).length;
  const unit = chart.unit ? ` ${chart.unit}` : "";
  const middle = chart.mean === null ? "" : `, mean ${chart.mean.toFixed(2)}${unit}`;
  return `${chart.title || chart.check}: ${chart.points.length} patients${middle}, ${outside} outside the limits`;
}
