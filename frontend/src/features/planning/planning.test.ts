import { describe, expect, it } from "vitest";
import type { ControlChart, Dvh, Plan, PlanResult } from "@/api/planning";
import type { Series } from "@/api/types";
import { spanOf, spoken } from "./controlChart";
import { bandAt, bandOf, byStructure, highestDose, readable, volumeAt } from "./dvh";
import { changeText, figureText } from "./figures";
import {
  beamsText,
  boundsOf,
  gaps,
  given,
  NO_INPUTS,
  planningImages,
  readAngles,
  stillArriving,
  suggested,
  withBeams,
} from "./inputs";
import { readNote, withValue } from "./objective";
import { decisionsIn, obstacles, tally, viewedKeys, viewerDoses } from "./planModel";

const series = (uid: string, more: Partial<Series>): Series =>
  ({
    series_uid: uid,
    kind: "image",
    modality: "MR",
    description: uid,
    frame_of_reference_uid: "frame",
    ai_generated: false,
    derived_from: [],
    ...more,
  }) as Series;

const STUDY = [
  series("mr", {}),
  series("ct", { modality: "CT" }),
  series("sct", { modality: "CT", ai_generated: true, derived_from: ["mr"] }),
  series("low", { kind: "other", description: "SYNTHETIC CT 5 % bound", ai_generated: true }),
  series("high", { kind: "other", description: "SYNTHETIC CT 95 % bound", ai_generated: true }),
  series("body", { kind: "rtstruct", ai_generated: true, derived_from: ["mr"] }),
  series("gtv", { kind: "rtstruct" }),
  series("far", { kind: "rtstruct", frame_of_reference_uid: "another" }),
];

describe("inputs of a plan", () => {
  it("are suggested: the synthetic CT with bounds, source, reference and a person's target", () => {
    expect(planningImages(STUDY)[0]?.series_uid).toBe("sct");
    expect(suggested(STUDY, "sct")).toEqual({
      image: "sct",
      structures: "gtv",
      structures2: "body",
      reference: "ct",
      lower: "low",
      upper: "high",
      mr: "mr",
    });
  });

  it("of an acquired CT have neither bounds nor a reference", () => {
    const { reference, lower, upper } = suggested(STUDY, "ct");
    expect([reference, lower, upper]).toEqual(["", "", ""]);
    expect(given(suggested(STUDY, "ct"))).toEqual({
      image: "ct",
      structures: "gtv",
    });
  });

  it("tell 5 % from 95 %", () => {
    const { lower, upper } = boundsOf(
      STUDY,
      STUDY.find(({ series_uid }) => series_uid === "sct"),
    );
    expect([lower?.series_uid, upper?.series_uid]).toEqual(["low", "high"]);
  });

  it("say what is missing", () => {
    expect(gaps(NO_INPUTS, "")).toHaveLength(3);
    const whole = { ...NO_INPUTS, image: "sct", structures: "gtv" };
    expect(gaps(whole, "t")).toEqual([]);
    expect(gaps({ ...whole, structures2: "gtv", lower: "low" }, "t")).toEqual([
      "The two structure sets are the same.",
      "Give both bounds of the uncertainty, or none.",
    ]);
  });

  it("are waited for while one of them is still being stored", () => {
    const chosen = suggested(STUDY, "sct");
    const growing = (uid: string) =>
      STUDY.map((one) => ({ ...one, complete: one.series_uid !== uid }));
    expect(stillArriving(growing("high"), chosen)).toBe(true);
    expect(stillArriving(growing("far"), chosen)).toBe(false);
  });
});

describe("beams set by hand", () => {
  it("are angles of the gantry, each once", () => {
    expect(readAngles("0, 72 144°; 216")).toEqual([0, 72, 144, 216]);
    expect(readAngles("")).toEqual([]);
    expect(readAngles("0, 360")).toBeNull();
    expect(readAngles("90 90")).toBeNull();
    expect(readAngles("left")).toBeNull();
  });

  it("replace those of the template, which else stays as it is", () => {
    const body = { prescription_gy: 50, beams: { equispaced: 5 } };
    expect(withBeams(body, [])).toBeNull();
    expect(withBeams(body, [10])).toEqual({
      prescription_gy: 50,
      beams: [{ gantry_deg: 10, couch_deg: 0 }],
    });
    expect(beamsText(body)).toBe("5 evenly spaced");
    expect(beamsText({ beams: [{ gantry_deg: 0 }, { gantry_deg: 180 }] })).toBe("0, 180");
  });
});

const curve = (dose: Dvh["dose"], dose_gy: number[], volume_percent: number[]): Dvh => ({
  structure: "PTV",
  dose,
  dose_gy,
  volume_percent,
});

describe("the histogram", () => {
  const [ptv] = byStructure(
    [
      curve("plan", [0, 40, 50, 55], [100, 100, 50, 0]),
      curve("lower", [0, 38, 48, 53], [100, 100, 50, 0]),
      curve("upper", [0, 42, 52, 57], [100, 100, 50, 0]),
    ],
    [{ name: "PTV", role: "target", volume_ml: 210, colour: [0, 0, 255], truncated: false }],
  );

  it("is read off between its points", () => {
    const plan = ptv?.curves.plan ?? [];
    expect(volumeAt(plan, 45)).toBe(75);
    expect(volumeAt(plan, 20)).toBe(100);
    expect(volumeAt(plan, 60)).toBe(0);
  });

  it("has a band from the lower to the upper bound, and back", () => {
    const band = ptv && bandOf(ptv);
    expect(band?.map(({ gray }) => gray)).toEqual([0, 38, 48, 53, 57, 52, 42, 0]);
    expect(ptv && bandAt(ptv, 50)).toEqual([30, 60]);
    expect(ptv && bandOf({ ...ptv, curves: {} })).toBeNull();
  });

  it("has room for the prescription and the highest dose", () => {
    expect(highestDose(ptv ? [ptv] : [], 50)).toBeCloseTo(57 * 1.02);
    expect(highestDose([], 70)).toBeCloseTo(78.54);
  });

  it("keeps dark colours readable and bright ones as they are", () => {
    expect(readable([255, 220, 90])).toBe("rgb(255 220 90)");
    const lifted = /rgb\((\d+) (\d+) (\d+)\)/.exec(readable([0, 0, 255]));
    expect(Number(lifted?.[1])).toBeGreaterThan(60);
  });
});

describe("the objective", () => {
  it("is read from the notes of a step", () => {
    expect(readNote("iteration 12: objective 3.41")).toEqual({ iteration: 12, value: 3.41 });
    expect(readNote("iteration 3: objective 1.2e+04")).toEqual({ iteration: 3, value: 12_000 });
    expect(readNote("beam 2 of 5")).toBeNull();
    expect(readNote(null)).toBeNull();
  });

  it("grows by each iteration once, and begins anew with another run", () => {
    const first = withValue([], { iteration: 1, value: 9 });
    const second = withValue(first, { iteration: 2, value: 7 });
    expect(second.map(({ value }) => value)).toEqual([9, 7]);
    expect(withValue(second, { iteration: 2, value: 7 })).toBe(second);
    expect(withValue(second, null)).toBe(second);
    expect(withValue(second, { iteration: 1, value: 8 })).toEqual([{ iteration: 1, value: 8 }]);
  });
});

const check = (number: number, status: "pass" | "warn" | "fail") => ({
  number,
  key: `c${number}`,
  title: `Check ${number}`,
  status,
  figure: null,
  unit: "",
  limit: "",
  text: "",
  picture: null,
});

const PLAN = {
  id: "p",
  state: "review",
  checks: [check(1, "pass"), check(4, "warn"), check(9, "fail")],
  required_views: [
    { key: "images", title: "Images", viewed: true },
    { key: "dvh", title: "DVH", viewed: true },
  ],
  doses: ["plan", "gamma"],
  result: { template: { prescription_gy: 50 } } as unknown as PlanResult,
} as unknown as Plan;

describe("a decision", () => {
  const wish = {
    plan: PLAN,
    kind: "approved",
    reason: "Looks right on all slices.",
    acceptFailed: false,
    mayApprove: true,
  } as const;

  it("can be taken when all was seen and a reason is given", () => {
    expect(obstacles(wish)).toEqual([]);
    expect(viewedKeys(PLAN)).toEqual(["images", "dvh"]);
  });

  it("waits for the role, the reason and what was not looked at", () => {
    const unseen = {
      ...PLAN,
      required_views: [{ key: "dvh", title: "DVH", viewed: false }],
    } as Plan;
    const found = obstacles({ ...wish, plan: unseen, reason: "  short  ", mayApprove: false });
    expect(found).toHaveLength(3);
    expect(found.join(" ")).toContain("1 of 1 things");
    // A rejection needs a reason only.
    expect(obstacles({ ...wish, plan: unseen, kind: "rejected" })).toEqual([]);
  });

  it("for a plan with a failed check says so; the sign-off itself is no such check", () => {
    const failed = { ...PLAN, checks: [check(6, "fail")] } as Plan;
    expect(obstacles({ ...wish, plan: failed })).toHaveLength(1);
    expect(obstacles({ ...wish, plan: failed, acceptFailed: true })).toEqual([]);
  });

  it("is only offered where the plan's state allows it", () => {
    expect(decisionsIn("planning")).toEqual([]);
    expect(decisionsIn("review")).toEqual(["approved", "rejected"]);
    expect(decisionsIn("rejected")).toEqual(["withdrawn"]);
  });
});

describe("what a plan shows", () => {
  it("lays its doses over the images, each by its kind", () => {
    const [dose, gamma] = viewerDoses(PLAN);
    expect(dose).toMatchObject({ key: "plan", kind: "dose", prescriptionGy: 50 });
    expect(dose?.url).toBe("/api/v1/plans/p/dose?which=plan");
    expect(gamma).toMatchObject({
      kind: "gamma",
      gridUrl: "/api/v1/plans/p/dose-grid?which=gamma",
    });
    expect(viewerDoses({ ...PLAN, result: null })).toEqual([]);
  });

  it("counts checks, the worst first", () => {
    expect(tally(PLAN.checks)).toEqual([
      ["fail", 1],
      ["warn", 1],
      ["pass", 1],
    ]);
  });

  it("writes figures with their units", () => {
    expect(figureText(-1.234, "Gy")).toBe("−1.23 Gy");
    expect(figureText(98.76, "%")).toBe("98.8 %");
    expect(figureText(null, "Gy")).toBe("–");
    expect(changeText(49, 50)).toBe("−2.0 %");
    expect(changeText(null, 50)).toBe("–");
  });
});

describe("the control chart", () => {
  const chart = {
    check: "contour",
    title: "External contour",
    unit: "%",
    limits: null,
    patients: 2,
    mean: 1,
    sd: 1,
    lower: -2,
    upper: 4,
    points: [
      { plan: "a", figure: 1, outside: false },
      { plan: "b", figure: 5, outside: true },
    ],
    keys: [],
  } as unknown as ControlChart;

  it("spans points and limits", () => {
    const { low, high } = spanOf(chart);
    expect(low).toBeLessThan(-2);
    expect(high).toBeGreaterThan(5);
  });

  it("is told in words", () => {
    expect(spoken(chart)).toBe("External contour: 2 patients, mean 1.00 %, 1 outside the limits");
  });
});
