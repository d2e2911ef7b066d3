/** The common axis of one metric: from figures to places between 0 and 100. */
import type { MetricGroup } from "./lines";

export interface Scale {
  low: number;
  high: number;
}

const PADDING = 0.06;

/** From the lowest to the highest figure, end of interval or bound of any run, with some air. */
export function scaleOf({ lines }: MetricGroup): Scale | null {
  const values = lines
    .flatMap(({ rows }) => rows)
    .flatMap((row) =>
      row === null ? [] : [row.value, row.ci_low, row.ci_high, row.floor.value, row.baseline.value],
    )
    .filter((value): value is number => value !== null);
  if (values.length === 0) return null;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const air = high > low ? (high - low) * PADDING : Math.abs(high) * PADDING || 1;
  return { low: low - air, high: high + air };
}

export function place(value: number, { low, high }: Scale): number {
  return ((value - low) / (high - low)) * 100;
}

/** Two to four round numbers inside the axis. */
export function ticks({ low, high }: Scale): number[] {
  const rough = (high - low) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((of) => of * power).find((of) => of >= rough) ?? rough;
  const found: number[] = [];
  for (let tick = Math.ceil(low / step); tick * step <= high; tick += 1) {
    found.push(Number((tick * step).toPrecision(12)));
  }
  return found;
}
