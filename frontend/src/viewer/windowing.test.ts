import { describe, expect, it } from "vitest";
import {
  percentileRange,
  presetRange,
  presetsFor,
  toRealWindow,
  toStoredRange,
  unitOf,
} from "./windowing";

const CT = { slope: 1, intercept: -1024 };

describe("windows", () => {
  it("moves a window in Hounsfield units to stored values", () => {
    expect(toStoredRange({ center: 40, width: 80 }, CT)).toEqual({ lower: 1024, upper: 1104 });
  });

  it("comes back to the same window", () => {
    const rescale = { slope: 2.5, intercept: -100 };
    const window = { center: 37, width: 120 };
    const back = toRealWindow(toStoredRange(window, rescale), rescale);
    expect(back.center).toBeCloseTo(37);
    expect(back.width).toBeCloseTo(120);
  });

  it("keeps lower below upper for a negative slope", () => {
    const range = toStoredRange({ center: 0, width: 10 }, { slope: -1, intercept: 0 });
    expect(range.lower).toBeLessThan(range.upper);
  });
});

describe("percentiles", () => {
  it("leave the background out, so that air does not darken a head", () => {
    const air = new Array<number>(5000).fill(0);
    const head = Array.from({ length: 1000 }, (_, at) => 100 + at);
    const range = percentileRange([...air, ...head], 0.02, 0.98);
    expect(range?.lower).toBeCloseTo(120, -1);
    expect(range?.upper).toBeCloseTo(1080, -1);
  });

  it("know no window where all voxels are equal", () => {
    expect(percentileRange(new Int16Array(100), 0.02, 0.98)).toBeNull();
  });

  it("sample a large volume over its whole length", () => {
    const values = new Float32Array(1_000_000);
    for (let at = 0; at < values.length; at++) values[at] = at;
    const range = percentileRange(values, 0, 1);
    expect(range?.upper).toBeGreaterThan(990_000);
  });
});

describe("presets", () => {
  it("offer brain, bone, lung and soft tissue for CT, percentiles for MR", () => {
    const ct = presetsFor("CT", false).map((preset) => preset.id);
    expect(ct.slice(0, 4)).toEqual(["brain", "bone", "lung", "soft"]);
    expect(presetsFor("MR", false).map((preset) => preset.id)).toEqual(["auto", "narrow", "wide"]);
  });

  it("offer the stored window only where there is one", () => {
    expect(presetsFor("MR", true).at(-1)?.id).toBe("file");
    expect(presetsFor("MR", false).some((preset) => preset.id === "file")).toBe(false);
  });

  it("narrow shows less of the range than wide", () => {
    const voxels = Array.from({ length: 1000 }, (_, at) => at);
    const [, narrow, wide] = presetsFor("MR", false).map((preset) =>
      presetRange(preset, { slope: 1, intercept: 0 }, null, voxels),
    );
    if (!narrow || !wide) throw new Error("no range");
    expect(narrow.upper - narrow.lower).toBeLessThan(wide.upper - wide.lower);
  });

  it("name Hounsfield units for CT alone", () => {
    expect(unitOf("CT")).toBe("HU");
    expect(unitOf("MR")).toBe("");
  });
});
