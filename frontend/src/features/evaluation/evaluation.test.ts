import { describe, expect, it } from "vitest";
import type { Comparison, Evaluation, EvaluationBrief, MetricRow } from "@/api/evaluation";
import { CHOSEN_MAX, obstacle, runsOf, toggled } from "./choice";
import { boundText, differenceTexts, figure, intervalText, isClear, signed } from "./figures";
import { best, choices, differencesOf, grouped, pairs } from "./lines";
import { beyond, place, scaleOf, ticks } from "./scale";

const DATA = { name: "heads", sha256: "a".repeat(64) };

function row(changes: Partial<MetricRow>): MetricRow {
  return {
    tier: "task",
    metric: "dice",
    structure: "thalamus",
    subgroup: "all",
    value: 0.8,
    ci_low: 0.7,
    ci_high: 0.9,
    ci_level: 0.95,
    ci_method: "bootstrap by subject, BCa",
    n_subjects: 5,
    unit: "1",
    direction: "higher",
    data: DATA,
    floor: { value: 0.95, source: "truth at 1.5 mm" },
    baseline: { value: null, source: "not given" },
    command: "python -m ml evaluate",
    ...changes,
  };
}

const run = (id: string, rows: MetricRow[]) => ({ id, rows }) as Evaluation;
const brief = (id: string, changes: Partial<EvaluationBrief> = {}) =>
  ({
    id,
    task: "segmentation",
    data_sha256: DATA.sha256,
    data_name: DATA.name,
    ...changes,
  }) as EvaluationBrief;

function comparison(a: string, b: string, better: "first" | "second" | "neither"): Comparison {
  const { tier, metric, structure, subgroup, unit, direction } = row({});
  const base = { tier, metric, structure, subgroup, unit, direction };
  const told = { difference: 0.1, ci_low: 0.05, ci_high: 0.15, ci_level: 0.95, ci_method: "" };
  return { a, b, subgroup: "all", rows: [{ ...base, ...told, n_subjects: 5, better }] };
}

const EVERYTHING = { tier: "", metric: "", structure: "", subgroup: "all" };

describe("figures", () => {
  it("have four digits, true signs, and say what is missing", () => {
    expect([0.123456, 12345.6, 0, null].map(figure)).toEqual(["0.1235", "12346", "0", "–"]);
    expect([-0.5, 0, 0.5].map(signed)).toEqual(["−0.5", "0", "+0.5"]);
    expect(intervalText(row({}))).toBe("0.7 to 0.9");
    expect(intervalText(row({ ci_low: null }))).toBe("no interval");
    expect(boundText({ value: null, source: "not given" })).toBe("not given");
  });

  it("tell a difference with its interval, and whether it leaves out 0", () => {
    const difference = comparison("a", "b", "second").rows[0];
    if (difference === undefined) throw new Error("a comparison without rows");
    expect(differenceTexts(difference)).toEqual(["+0.1", "+0.05 to +0.15"]);
    expect(isClear(difference)).toBe(true);
    expect(isClear({ ...difference, ci_low: -0.01 })).toBe(false);
    expect(isClear({ ...difference, ci_low: null })).toBe(false);
    expect(differenceTexts({ ...difference, difference: null })[0]).toBe("not by subject");
    expect(differenceTexts({ ...difference, ci_low: null })[1]).toBe("no interval");
    expect(differenceTexts(undefined)[0]).toBe("not by subject");
  });
});

describe("lines", () => {
  const pixel = row({ tier: "pixel", metric: "mae", structure: "", unit: "HU" });
  const runs = [
    run("a", [row({}), pixel, row({ subgroup: "scanner=A" })]),
    run("b", [row({ value: 0.9 }), row({ structure: "putamen" })]),
  ];

  it("stand by tier and metric, with a gap where a run lacks a figure", () => {
    const groups = grouped(runs, EVERYTHING);
    expect(groups.map(({ tier }) => tier)).toEqual(["pixel", "task"]);
    const [mae, dice] = groups.map(({ metrics }) => metrics[0]);
    expect(mae?.lines[0]?.rows.map((one) => one?.value ?? null)).toEqual([0.8, null]);
    expect(dice?.lines.map(({ structure }) => structure)).toEqual(["thalamus", "putamen"]);
    expect(dice?.lines[0]?.rows.map((one) => one?.value)).toEqual([0.8, 0.9]);
  });

  it("can be narrowed by every filter", () => {
    const count = (changes: object) =>
      grouped(runs, { ...EVERYTHING, ...changes }).flatMap(({ metrics }) =>
        metrics.flatMap(({ lines }) => lines),
      ).length;
    expect(count({})).toBe(3);
    expect(count({ tier: "pixel" })).toBe(1);
    expect(count({ metric: "dice" })).toBe(2);
    expect(count({ structure: "putamen" })).toBe(1);
    expect(count({ subgroup: "scanner=A" })).toBe(1);
    expect(choices(runs)).toEqual({
      tiers: ["pixel", "task"],
      metrics: ["dice", "mae"],
      structures: ["thalamus", "putamen"],
      subgroups: ["all", "scanner=A"],
    });
  });
});

describe("the best run", () => {
  const key = "dice/thalamus";

  it("is marked only where it is clearly better than every other", () => {
    const two = differencesOf([comparison("a", "b", "second")]);
    expect(best(key, ["a", "b"], two)).toBe("b");
    expect(best(key, ["a", "b"], differencesOf([comparison("a", "b", "neither")]))).toBeNull();
    const three = [comparison("a", "b", "second"), comparison("a", "c", "neither")];
    const open = differencesOf([...three, comparison("b", "c", "neither")]);
    expect(best(key, ["a", "b", "c"], open)).toBeNull();
    const told = differencesOf([...three, comparison("b", "c", "first")]);
    expect(best(key, ["a", "b", "c"], told)).toBe("b");
  });

  it("does not exist for one run, or before the differences are known", () => {
    expect(best(key, ["a"], new Map())).toBeNull();
    expect(best(key, ["a", "b"], new Map())).toBeNull();
  });

  it("needs every pair once", () => {
    expect(pairs(["a", "b", "c"])).toEqual([
      ["a", "b"],
      ["a", "c"],
      ["b", "c"],
    ]);
  });
});

describe("the choice of runs", () => {
  it("keeps to one task and one set of data, and says why", () => {
    const chosen = [brief("a")];
    expect(obstacle(brief("b"), chosen)).toBe("");
    expect(obstacle(brief("b", { task: "report" }), chosen)).toContain("another task");
    expect(obstacle(brief("b", { data_sha256: "c".repeat(64) }), chosen)).toContain("other data");
    expect(toggled(brief("b", { task: "report" }), chosen)).toEqual(chosen);
  });

  it("ends at four, and lets go again", () => {
    const four = ["a", "b", "c", "d"].map((id) => brief(id));
    expect(obstacle(brief("e"), four)).toContain(String(CHOSEN_MAX));
    expect(obstacle(brief("a"), four)).toBe("");
    expect(toggled(brief("a"), four).map(({ id }) => id)).toEqual(["b", "c", "d"]);
  });

  it("is read from addresses that anyone may have typed", () => {
    const id = "00000000-0000-4000-8000-000000000000";
    expect(runsOf(`${id},${id},x`)).toEqual([id]);
    expect(runsOf(null)).toEqual([]);
  });
});

describe("the axis of a metric", () => {
  const group = (rows: (MetricRow | null)[]) => ({
    metric: "dice",
    unit: "1",
    direction: "higher" as const,
    lines: [{ key: "k", structure: "", rows }],
  });

  it("holds every figure, end and bound", () => {
    const scale = scaleOf(group([row({}), null]));
    if (scale === null) throw new Error("no scale");
    expect(scale.low).toBeLessThan(0.7);
    expect(scale.high).toBeGreaterThan(0.95);
    for (const value of [0.7, 0.8, 0.9, 0.95]) {
      expect(place(value, scale)).toBeGreaterThan(0);
      expect(place(value, scale)).toBeLessThan(100);
    }
    const shown = ticks(scale);
    expect(shown.length).toBeGreaterThanOrEqual(2);
    expect(shown.every((tick) => tick >= scale.low && tick <= scale.high)).toBe(true);
  });

  it("is not stretched by a bound far away, which then lies beyond it", () => {
    const far = { value: 50, source: "bulk density" };
    const scale = scaleOf(group([row({ baseline: far })]));
    if (scale === null) throw new Error("no scale");
    expect(scale.high).toBeLessThan(1.1);
    expect([-50, 0.8, 50].map((value) => beyond(value, scale))).toEqual(["left", null, "right"]);
  });

  it("is there for a single figure, and not for none", () => {
    const bound = { value: null, source: "not given" };
    const single = { ci_low: null, ci_high: null, floor: bound, baseline: bound };
    for (const value of [0, 3]) {
      const scale = scaleOf(group([row({ ...single, value })]));
      expect(scale !== null && place(value, scale)).toBe(50);
    }
    expect(scaleOf(group([null]))).toBeNull();
  });
});
