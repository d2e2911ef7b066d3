import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ViewerError } from "../api";
import { indexToWorld } from "../geometry";
import { predictionMark } from "../predicted";
import { createStore } from "../store";
import { onceArrived } from "./arriving";
import { boundedRate, isSecondAt, makeFlicker, pressed, startOf } from "./flicker";
import { furtherChosen } from "./furtherImages";
import { carriedWindow, scaledTo, usualRange } from "./intensity";
import { INITIAL_LAYERS } from "./layerState";
import { broughtBack, lesionMasks } from "./lesionMasks";
import { valueAt } from "./resample";

describe("an image that is still arriving", () => {
  const wait = new AbortController().signal;

  it("is read again until it is there", async () => {
    let asked = 0;
    const reading = async () => {
      asked += 1;
      if (asked < 3) throw new ViewerError("series_incomplete", "The series is still arriving.");
      return "voxels";
    };
    expect(await onceArrived(reading, wait, 1)).toBe("voxels");
    expect(asked).toBe(3);
  });

  it("is given up for another reason, and when nobody waits any more", async () => {
    const broken = () => Promise.reject(new ViewerError("http_500", "Broken."));
    await expect(onceArrived(broken, wait, 1)).rejects.toThrow("Broken.");
    const arriving = () => Promise.reject(new ViewerError("series_incomplete", "Arriving."));
    await expect(onceArrived(arriving, AbortSignal.abort(), 1)).rejects.toThrow("Arriving.");
  });
});

describe("further images beside the second", () => {
  it("are two at most, and those chosen first stay", () => {
    expect(furtherChosen([], "a")).toEqual(["a"]);
    expect(furtherChosen(["a"], "b")).toEqual(["a", "b"]);
    expect(furtherChosen(["a", "b"], "c")).toEqual(["a", "b"]);
    expect(furtherChosen(["a", "b"], "a")).toEqual(["b"]);
  });
});

describe("flicker", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("changes as often as its rate says, and its rate has bounds", () => {
    const seen = [0, 400, 600, 900, 1100].map((ms) => isSecondAt(ms, 2));
    expect(seen).toEqual([false, false, true, true, false]);
    expect([0, 2.4, 9, Number.NaN].map(boundedRate)).toEqual([1, 2, 4, 1]);
  });

  it("starts by itself, but still for who prefers less motion", () => {
    expect(startOf("flicker", false).isFlickering).toBe(true);
    expect(startOf("flicker", true).isFlickering).toBe(false);
    expect(startOf("blend", false).isFlickering).toBe(false);
    // The key is a person's own wish: pressed again it goes on.
    expect(pressed({ ...INITIAL_LAYERS, fusion: "flicker" }, true)).toEqual({
      isFlickering: true,
    });
  });

  it("holds while nobody sees the page", () => {
    const state = createStore({ ...INITIAL_LAYERS, ...startOf("flicker", false), flickerRate: 4 });
    const redraw = vi.fn();
    const flicker = makeFlicker(state, redraw);
    flicker.follow();
    vi.advanceTimersByTime(1100);
    expect(redraw).toHaveBeenCalledTimes(4);
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));
    vi.advanceTimersByTime(2000);
    expect(redraw).toHaveBeenCalledTimes(4);
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event("visibilitychange"));
    vi.advanceTimersByTime(560);
    expect(redraw).toHaveBeenCalledTimes(6);
    flicker.stop();
    vi.advanceTimersByTime(2000);
    expect(redraw).toHaveBeenCalledTimes(6);
  });
});

const ROWS = 12;
const COLUMNS = 10;

function frame(segment: number, z: number, voxels: readonly [x: number, y: number][]) {
  const pixels = new Uint8Array(ROWS * COLUMNS);
  for (const [x, y] of voxels) pixels[y * COLUMNS + x] = 1;
  return { segment, position: [-50, -40, z] as const, pixels };
}

const LAID = {
  rows: ROWS,
  columns: COLUMNS,
  orientation: [1, 0, 0, 0, 1, 0],
  spacing: [2, 1.5, 3] as const,
};

describe("lesions of a segmentation", () => {
  const masks = lesionMasks({
    ...LAID,
    frames: [
      frame(2, 9, [[4, 6]]),
      frame(1, 6, [[1, 2]]),
      frame(2, 3, [
        [4, 6],
        [5, 6],
      ]),
    ],
  });
  const second = masks.find(({ segment }) => segment === 2)?.mask;

  it("are one volume each, where their frames lie", () => {
    expect(masks.map(({ segment }) => segment)).toEqual([1, 2]);
    expect(second).toBeDefined();
    if (second === undefined) return;
    const at = (x: number, y: number, z: number) =>
      valueAt(second, [-50 + x * 1.5, -40 + y * 2, z]);
    expect(at(4, 6, 3)).toBe(1);
    expect(at(5, 6, 3)).toBe(1);
    expect(at(4, 6, 6)).toBe(0);
    expect(at(4, 6, 9)).toBe(1);
    expect(at(5, 6, 9)).toBe(0);
    expect(at(1, 2, 6)).toBeNull();
  });

  it("end in empty space on all sides", () => {
    const { grid, values } = second ?? { grid: null, values: [] };
    const [columns, rows, slices] = grid?.dimensions ?? [0, 0, 0];
    let onBorder = 0;
    for (let at = 0; at < values.length; at++) {
      const [x, y] = [at % columns, Math.floor(at / columns) % rows];
      const z = Math.floor(at / (columns * rows));
      const isBorder = [x, y, z].some((n) => n === 0) || x === columns - 1;
      if (isBorder || y === rows - 1 || z === slices - 1) onBorder += values[at] as number;
    }
    expect(values.length).toBeGreaterThan(0);
    expect(onBorder).toBe(0);
  });

  it("come back from the follow-up's frame by the inverse of the registration", () => {
    if (second === undefined) throw new Error("no mask");
    // A quarter turn about z and a shift: base (x, y, z) -> follow-up (-y + 5, x - 7, z + 2).
    const matrix = [
      [0, -1, 0, 5],
      [1, 0, 0, -7],
      [0, 0, 1, 2],
      [0, 0, 0, 1],
    ];
    const moved = broughtBack(second.grid, matrix);
    const there = indexToWorld(second.grid, [3, 4, 2]);
    const here = indexToWorld(moved, [3, 4, 2]);
    expect(-here[1] + 5).toBeCloseTo(there[0]);
    expect(here[0] - 7).toBeCloseTo(there[1]);
    expect(here[2] + 2).toBeCloseTo(there[2]);
  });
});

describe("two MR beside each other", () => {
  it("are shown under the same share of their own values", () => {
    const window = { lower: 100, upper: 300 };
    const carried = carriedWindow(window, { lower: 0, upper: 400 }, { lower: 1000, upper: 3000 });
    expect(carried).toEqual({ lower: 1500, upper: 2500 });
  });

  it("are scaled by the values between which most of them lie", () => {
    const values = Float32Array.from({ length: 10_000 }, (_, at) => at);
    const grid = {
      dimensions: [100, 100, 1] as const,
      spacing: [1, 1, 1] as const,
      origin: [0, 0, 0] as const,
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    };
    const volume = { grid, values, slope: 2, intercept: 10 };
    const range = usualRange(volume);
    expect(range?.lower).toBeCloseTo(2 * 200 + 10, -1);
    expect(range?.upper).toBeCloseTo(2 * 9800 + 10, -1);
    const scaled = scaledTo(volume, range ?? { lower: 0, upper: 1 });
    expect(9800 * scaled.slope + scaled.intercept).toBeCloseTo(1, 2);
  });
});

describe("the mark of a predicted image", () => {
  it("names the day, and is on nothing that was acquired", () => {
    const of = (description: string, isMade = true) =>
      predictionMark({ description, ai_generated: isMade });
    expect(of("SYNTHETIC PREDICTED day +180 FLAIR")).toBe("PREDICTED · day +180 · not acquired");
    expect(of("SYNTHETIC PREDICTED growth")).toBe("PREDICTED · not acquired");
    expect(of("SYNTHETIC REGISTERED to 2023-01-10 FLAIR")).toBeNull();
    expect(of("Predicted dose", false)).toBeNull();
    expect(predictionMark(null)).toBeNull();
  });
});
