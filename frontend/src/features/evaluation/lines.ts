/** From the rows of several runs to the lines of one table. */
import type { Comparison, Evaluation, MetricRow, RowDifference } from "@/api/evaluation";

export type Tier = MetricRow["tier"];
export const TIERS: readonly Tier[] = ["pixel", "feature", "task"];
export const EVERYONE = "all";

/** One figure, with the row of each run that has it, in the order of the runs. */
export interface Line {
  key: string;
  structure: string;
  rows: readonly (MetricRow | null)[];
}

export interface MetricGroup {
  metric: string;
  unit: string;
  direction: MetricRow["direction"];
  lines: Line[];
}

export interface TierGroup {
  tier: Tier;
  metrics: MetricGroup[];
}

export interface LineFilter {
  tier: string;
  metric: string;
  structure: string;
  subgroup: string;
}

const keyOf = (row: Pick<MetricRow, "metric" | "structure">) => `${row.metric}/${row.structure}`;

function unique(values: Iterable<string>): string[] {
  return [...new Set(values)];
}

/** What the filters offer: every value that some row of some run has. */
export function choices(runs: readonly Evaluation[]) {
  const rows = runs.flatMap((run) => run.rows);
  return {
    tiers: TIERS.filter((tier) => rows.some((row) => row.tier === tier)),
    metrics: unique(rows.map((row) => row.metric)),
    structures: unique(rows.map((row) => row.structure)).filter(Boolean),
    subgroups: unique([EVERYONE, ...rows.map((row) => row.subgroup)]),
  };
}

function isAsked(row: MetricRow, filter: LineFilter): boolean {
  return (
    row.subgroup === filter.subgroup &&
    (filter.tier === "" || row.tier === filter.tier) &&
    (filter.metric === "" || row.metric === filter.metric) &&
    (filter.structure === "" || row.structure === filter.structure)
  );
}

/** The lines of all runs by tier and metric; a run that lacks a figure has null there. */
export function grouped(runs: readonly Evaluation[], filter: LineFilter): TierGroup[] {
  const byRun = runs.map(
    (run) =>
      new Map(run.rows.filter((row) => isAsked(row, filter)).map((row) => [keyOf(row), row])),
  );
  const first = new Map<string, MetricRow>();
  for (const rows of byRun) {
    for (const [key, row] of rows) if (!first.has(key)) first.set(key, row);
  }
  const tiers = TIERS.map((tier): TierGroup => ({ tier, metrics: [] }));
  for (const [key, row] of first) {
    const metrics = tiers.find((group) => group.tier === row.tier)?.metrics ?? [];
    let group = metrics.find(({ metric }) => metric === row.metric);
    if (group === undefined) {
      group = { metric: row.metric, unit: row.unit, direction: row.direction, lines: [] };
      metrics.push(group);
    }
    const rows = byRun.map((those) => those.get(key) ?? null);
    group.lines.push({ key, structure: row.structure, rows });
  }
  return tiers.filter(({ metrics }) => metrics.length > 0);
}

/** Differences by pair of runs (`${a} ${b}`) and figure. */
export type Differences = ReadonlyMap<string, ReadonlyMap<string, RowDifference>>;

export const pairKey = (a: string, b: string): string => `${a} ${b}`;

export function differencesOf(comparisons: readonly Comparison[]): Differences {
  return new Map(
    comparisons.map(({ a, b, rows }) => [
      pairKey(a, b),
      new Map(rows.map((row) => [keyOf(row), row])),
    ]),
  );
}

/** Every pair of the runs, each once, the earlier first. */
export function pairs(ids: readonly string[]): [string, string][] {
  return ids.flatMap((a, index) => ids.slice(index + 1).map((b): [string, string] => [a, b]));
}

/** The run that is better than every other beyond what the intervals leave open, if there is one. */
export function best(key: string, ids: readonly string[], differences: Differences): string | null {
  const beats = (one: string, other: string) =>
    differences.get(pairKey(one, other))?.get(key)?.better === "first" ||
    differences.get(pairKey(other, one))?.get(key)?.better === "second";
  if (ids.length < 2) return null;
  return ids.find((one) => ids.every((other) => other === one || beats(one, other))) ?? null;
}

/** Where the floors or baselines of some lines come from. */
export function sourcesOf(lines: readonly Line[], of: "floor" | "baseline"): string[] {
  const rows = lines.flatMap((line) => line.rows).filter((row) => row !== null);
  return unique(rows.map((row) => row[of].source));
}
