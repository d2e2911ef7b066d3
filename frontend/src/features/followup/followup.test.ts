import { describe, expect, it } from "vitest";
import type {
  ComparisonBrief,
  Lesion,
  RegionChange,
  Timeline,
  TimelineSeries,
  TimelineStudy,
  Track,
} from "@/api/followup";
import {
  bestSeries,
  cautions,
  chosen,
  firstChoice,
  laterVisits,
  objections,
  picked,
  visitOf,
} from "./choice";
import { correctionsFor } from "./corrections";
import { millilitres, signedPercent } from "./figures";
import { highestVolume, spiderLines, waterfallRows } from "./plots";
import { barEnd, sortedRegions } from "./regions";
import {
  dayOf,
  laneOf,
  markOf,
  modalityLanes,
  placeOf,
  rowsOf,
  spanOf,
  ticksOf,
  tolerance,
} from "./timeline";
import { nextLook } from "./useFollowup";
import { verdictText } from "./words";

function series(uid: string, values: Partial<TimelineSeries> = {}): TimelineSeries {
  return {
    series_uid: uid,
    description: "FLAIR",
    modality: "MR",
    sequence: "FLAIR",
    device: "Scanner",
    slices: 60,
    spacing_mm: [3, 1, 1],
    geometry: "regular",
    frame_of_reference_uid: "",
    body_part: "HEAD",
    ai_generated: false,
    synthetic: false,
    complete: true,
    ...values,
  };
}

function study(uid: string, date: string | null, ...own: TimelineSeries[]): TimelineStudy {
  const all = own.length > 0 ? own : [series(`${uid}.s`)];
  return { study_uid: uid, date, time: null, description: "", modalities: ["MR"], series: all };
}

function timeline(values: Partial<Timeline>): Timeline {
  return {
    studies: [],
    undated: [],
    truncated: false,
    treatments: [],
    comparisons: [],
    predictions: [],
    ...values,
  };
}

const VISITS = [study("a", "2023-01-10"), study("b", "2023-07-01"), study("c", "2024-01-15")];

describe("more than two visits", () => {
  const made = (follow: string, state: ComparisonBrief["state"]) =>
    ({ base_series_uid: "a.s", follow_series_uid: follow, state }) as ComparisonBrief;

  it("are those after the base, with what became of their registration", () => {
    const base = visitOf(VISITS, "a.s");
    const states = (...comparisons: ComparisonBrief[]) =>
      laterVisits(VISITS, comparisons, base).map(({ series: { series_uid }, state }) => [
        series_uid,
        state,
      ]);
    expect(states()).toEqual([
      ["b.s", "none"],
      ["c.s", "none"],
    ]);
    expect(states(made("b.s", "failed"), made("b.s", "succeeded"), made("c.s", "queued"))).toEqual([
      ["b.s", "ready"],
      ["c.s", "running"],
    ]);
    expect(states(made("c.s", "cancelled"))[1]).toEqual(["c.s", "failed"]);
    expect(laterVisits(VISITS, [], null)).toEqual([]);
  });
});

describe("the choice of two visits", () => {
  it("begins with the study of the page and the visit before it", () => {
    expect(firstChoice(VISITS, "c")).toEqual({ base: "b.s", follow: "c.s" });
    expect(firstChoice(VISITS, "a")).toEqual({ base: "a.s", follow: "b.s" });
    expect(firstChoice(VISITS.slice(0, 1), "a")).toEqual({ base: "a.s", follow: null });
  });

  it("takes a series like the other one, and never what a model made", () => {
    const flair = series("flair");
    const t1 = series("t1", { sequence: "T1", description: "T1w", slices: 180 });
    const made = series("made", { ai_generated: true });
    const visit = study("d", "2024-02-01", made, t1, flair);
    expect(bestSeries(visit)?.series_uid).toBe("flair");
    expect(bestSeries(visit, t1)?.series_uid).toBe("t1");
    expect(bestSeries(study("e", "2024-02-01", made))).toBeNull();
  });

  it("makes an earlier study the base and a later one the follow-up", () => {
    const choice = { base: "b.s", follow: null };
    expect(picked(VISITS, choice, VISITS[2] as TimelineStudy)).toEqual({
      base: "b.s",
      follow: "c.s",
    });
    expect(picked(VISITS, choice, VISITS[0] as TimelineStudy)).toEqual({
      base: "a.s",
      follow: "b.s",
    });
  });

  it("gives one series one part only", () => {
    const choice = { base: "a.s", follow: "b.s" };
    expect(chosen(choice, "base", "b.s")).toEqual({ base: "b.s", follow: null });
  });

  it("says what speaks against a pair", () => {
    const codes = (base: string, follow: string | null, all = VISITS) =>
      objections(visitOf(all, base), visitOf(all, follow)).map(({ code }) => code);
    expect(codes("a.s", "b.s")).toEqual([]);
    expect(codes("b.s", "a.s")).toEqual(["reversed_order"]);
    expect(codes("a.s", null)).toEqual(["no_follow"]);
    const ct = study("x", "2025-01-01", series("x.s", { modality: "CT", complete: false }));
    expect(codes("a.s", "x.s", [...VISITS, ct])).toEqual(["modality_mismatch", "still_arriving"]);
  });

  it("warns of missing and equal dates", () => {
    const all = [...VISITS, study("d", "2024-01-15"), study("u", null)];
    const codes = (base: string, follow: string) =>
      cautions(visitOf(all, base), visitOf(all, follow)).map(({ code }) => code);
    expect(codes("c.s", "d.s")).toEqual(["same_date"]);
    expect(codes("u.s", "c.s")).toEqual(["date_missing"]);
    expect(codes("a.s", "c.s")).toEqual([]);
  });
});

describe("the time axis", () => {
  it("holds studies, treatments and the reach of predictions", () => {
    const treatment = { started_on: "2022-12-01", ended_on: null } as Timeline["treatments"][0];
    const prediction = { target_date: "2024-06-01", days: 200 } as Timeline["predictions"][0];
    const span = spanOf(
      timeline({ studies: VISITS, treatments: [treatment], predictions: [prediction] }),
    );
    expect(span?.low).toBeLessThan(dayOf("2022-12-01"));
    expect(span?.high).toBeGreaterThan(dayOf("2024-06-01") + tolerance(200));
    expect(spanOf(timeline({ undated: [study("u", null)] }))).toBeNull();
  });

  it("places days from 0 to 100", () => {
    const span = { low: 100, high: 300 };
    expect([100, 150, 300].map((day) => placeOf(day, span))).toEqual([0, 25, 100]);
  });

  it("has at most eight round ticks inside, for days as for decades", () => {
    for (const length of [10, 80, 200, 900, 5000, 12000]) {
      const span = { low: dayOf("2019-03-17"), high: dayOf("2019-03-17") + length };
      const ticks = ticksOf(span);
      expect(ticks.length).toBeGreaterThan(0);
      expect(ticks.length).toBeLessThanOrEqual(8);
      for (const { day } of ticks) {
        expect(day).toBeGreaterThanOrEqual(span.low);
        expect(day).toBeLessThanOrEqual(span.high);
      }
    }
    const years = ticksOf({ low: dayOf("2018-05-01"), high: dayOf("2023-02-01") });
    expect(years.map(({ text }) => text)).toEqual(["2019", "2020", "2021", "2022", "2023"]);
  });

  it("lays bars in rows so that none covers another", () => {
    expect(
      rowsOf(
        [
          [0, 10],
          [5, 12],
          [11, 20],
          [30, 31],
        ],
        0.5,
      ),
    ).toEqual([0, 1, 0, 0]);
  });

  it("gives each modality a lane, by what was acquired", () => {
    const ct = study("x", "2025-01-01", series("x.s", { modality: "CT" }));
    const made = study(
      "y",
      "2025-01-01",
      series("y.1", { modality: "CT", ai_generated: true }),
      series("y.2"),
    );
    expect(laneOf(made)).toBe("MR");
    expect(modalityLanes([ct, made])).toEqual(["MR", "CT"]);
  });

  it("fills the mark of a prediction once its scan was scored", () => {
    type Scores = Parameters<typeof markOf>[0]["scores"];
    const scored = (comparable: boolean | null, inside: boolean | null) =>
      markOf({ scores: [{ comparable, inside_interval: inside }] as Scores });
    expect(markOf({ scores: [] })).toBe("waiting");
    expect(scored(null, null)).toBe("waiting");
    expect(scored(true, true)).toBe("inside");
    expect(scored(true, false)).toBe("outside");
    expect(scored(false, null)).toBe("not_comparable");
  });

  it("is asked for again while something runs or is waited for", () => {
    type Prediction = Timeline["predictions"][0];
    const at = (state: string) => ({ state, scores: [] }) as unknown as Prediction;
    expect(nextLook(timeline({ studies: VISITS }))).toBe(false);
    const running = nextLook(timeline({ predictions: [at("running")] }));
    const waiting = nextLook(timeline({ predictions: [at("succeeded")] }));
    expect(running).toBeLessThan(waiting as number);
  });
});

function region(name: string, values: Partial<RegionChange>): RegionChange {
  return { name, base_ml: 3, follow_ml: 3, verdict: "change", ...values } as RegionChange;
}

describe("what is said of a region", () => {
  it("is a change only beyond its noise", () => {
    const figures = { change_percent: -3.2, noise_percent: 1.7 };
    expect(verdictText({ verdict: "change", ...figures })).toBe("−3.2 % (noise ±1.7 %)");
    expect(verdictText({ verdict: "within_noise", ...figures })).toBe("Within noise (±1.7 %)");
    expect(verdictText({ verdict: "not_comparable", ...figures })).toBe("Not comparable");
  });

  it("is sorted by how far it stands out of the noise, not by its size", () => {
    const all = [
      region("Big but noisy", { change_percent: 5, noise_percent: 6 }),
      region("Small and sure", { change_percent: -2, noise_percent: 0.5 }),
      region("Unknown", { change_percent: null }),
    ];
    const names = sortedRegions(all, "noise").map(({ name }) => name);
    expect(names).toEqual(["Small and sure", "Big but noisy", "Unknown"]);
    expect(sortedRegions(all, "name")[0]?.name).toBe("Big but noisy");
  });

  it("puts rates of changes before those within noise", () => {
    const all = [
      region("Noise", { verdict: "within_noise", per_year_percent: 9 }),
      region("Slow", { per_year_percent: -1 }),
      region("Fast", { per_year_percent: -4 }),
    ];
    const names = sortedRegions(all, "rate").map(({ name }) => name);
    expect(names).toEqual(["Fast", "Slow", "Noise"]);
  });

  it("shares an axis that holds the widest band, up to a bound", () => {
    expect(barEnd([region("a", { change_percent: 3, noise_percent: 8 })])).toBeCloseTo(8.4);
    expect(barEnd([region("a", { change_percent: -400 })])).toBe(30);
  });

  it("is written with a true minus and no sign on nothing", () => {
    expect(signedPercent(-0.04)).toBe("0.0 %");
    expect(signedPercent(2)).toBe("+2.0 %");
    expect(millilitres(-1.5)).toBe("−1.50 mL");
    expect(millilitres(null)).toBe("–");
  });
});

function lesion(name: string, base: number, follow: number, values: Partial<Lesion> = {}): Lesion {
  return {
    track: name,
    name,
    state: "stable",
    model_state: "stable",
    base_ml: base,
    follow_ml: follow,
    rejected: false,
    merged_into: null,
    corrections: [],
    ...values,
  } as Lesion;
}

describe("the plots", () => {
  it("order lesions from new over grown to shrunk", () => {
    const rows = waterfallRows([
      lesion("shrunk", 4, 1),
      lesion("grown", 1, 4),
      lesion("new", 0, 0.3),
      lesion("gone", 2, 0),
      lesion("rejected", 1, 9, { rejected: true }),
      lesion("merged", 1, 9, { merged_into: "grown" }),
    ]);
    expect(rows.map(({ name }) => name)).toEqual(["new", "grown", "shrunk", "gone"]);
    expect(rows.map(({ percent }) => percent)).toEqual([null, 300, -75, -100]);
    expect(rows.map(({ drawn }) => drawn)).toEqual([100, 100, -75, -100]);
  });

  it("draw one point for each image of a lesion, in order of time", () => {
    const point = (uid: string, date: string | null, ml: number) =>
      ({ series_uid: uid, date, ml, corrected: false }) as Track["points"][0];
    const track = (name: string, ...points: Track["points"]) =>
      ({ track: name, name, origin: "model", points }) as Track;
    const lines = spiderLines([
      track(
        "L1",
        point("s2", "2024-01-01", 2),
        point("s1", "2023-01-01", 1),
        point("s2", "2024-01-01", 3),
      ),
      track("L2", point("s1", "2023-01-01", 1), point("s9", null, 4)),
    ]);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.points.map(({ ml }) => ml)).toEqual([1, 3]);
  });

  it("leave room for what really came", () => {
    const volumes = [{ days: 180, median_ml: 12, lower_ml: 11, upper_ml: 15 }];
    const content = { volumes, carry_forward_ml: 10 } as Parameters<typeof highestVolume>[0];
    expect(highestVolume(content, [])).toBeGreaterThan(15);
    expect(highestVolume(content, [{ days: 180, ml: 40, isInside: false }])).toBeGreaterThan(40);
  });
});

describe("corrections by hand", () => {
  it("offer every other state, rejecting, joining, and taking the last one back", () => {
    const own = lesion("L1", 1, 2, { corrections: ["c1", "c2"] });
    const all = [own, lesion("L2", 1, 1), lesion("L3", 1, 1, { rejected: true })];
    const { states, others } = correctionsFor(own, all);
    expect(states.map(({ title }) => title)).not.toContain("Stable");
    expect(others.map(({ title }) => title)).toEqual([
      "Not a lesion",
      "Undo the last correction",
      "Part of L2",
    ]);
    expect(others[1]?.body).toMatchObject({ what: "withdrawn", withdraws: "c2" });
  });

  it("offer only to take it back once a lesion is rejected", () => {
    const own = lesion("L1", 1, 2, { rejected: true, corrections: ["c1"] });
    const { states, others } = correctionsFor(own, [own, lesion("L2", 1, 1)]);
    expect([...states, ...others].map(({ title }) => title)).toEqual(["Undo the last correction"]);
  });
});
