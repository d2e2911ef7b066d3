import { describe, expect, it } from "vitest";
import type { Grid } from "../geometry";
import { distanceTo } from "./distance";
import {
  base64Of,
  interpolated,
  onGrid,
  paintDisc,
  runsOf,
  strokePoints,
  volumeMl,
  withMargin,
} from "./maskEdit";

const GRID: Grid = {
  dimensions: [40, 36, 12],
  spacing: [1, 1.5, 3],
  origin: [-20, -27, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
const empty = () => new Uint8Array(40 * 36 * 12);
const at = (i: number, j: number, k: number) => (k * 36 + j) * 40 + i;
const count = (mask: Uint8Array) => mask.reduce((sum, value) => sum + value, 0);

describe("the brush", () => {
  it("paints a disc in millimetres on the nearest slice, and wipes it", () => {
    const mask = empty();
    expect(paintDisc(mask, GRID, [0, 0, 7], 6, 1)).toBe(2);
    expect(mask[at(20 + 6, 18, 2)]).toBe(1);
    expect(mask[at(20 + 7, 18, 2)]).toBe(0);
    expect(mask[at(20, 18 + 4, 2)]).toBe(1);
    expect(mask[at(20, 18 + 5, 2)]).toBe(0);
    expect(mask[at(20, 18, 1)]).toBe(0);
    paintDisc(mask, GRID, [0, 0, 6], 6, 0);
    expect(count(mask)).toBe(0);
  });

  it("does nothing above or below the image, and is cut at its border", () => {
    const mask = empty();
    expect(paintDisc(mask, GRID, [0, 0, 60], 6, 1)).toBeNull();
    paintDisc(mask, GRID, [-20, -27, 0], 6, 1);
    expect(mask[at(0, 0, 0)]).toBe(1);
    expect(mask[at(39, 0, 0)]).toBe(0);
  });

  it("leaves no gaps in a fast stroke", () => {
    const points = strokePoints([0, 0, 0], [10, 0, 0], 3);
    expect(points).toHaveLength(4);
    expect(points.at(-1)).toEqual([10, 0, 0]);
  });
});

describe("distances", () => {
  it("are those to the nearest voxel, with the spacing of each axis", () => {
    const mask = empty();
    mask[at(10, 10, 5)] = 1;
    mask[at(30, 30, 5)] = 1;
    const found = distanceTo(mask, 1, GRID.dimensions, [1, 1.5, 3]);
    expect(found[at(13, 10, 5)]).toBeCloseTo(3);
    expect(found[at(10, 12, 6)]).toBeCloseTo(Math.hypot(3, 3));
    expect(found[at(28, 29, 4)]).toBeCloseTo(Math.hypot(2, 1.5, 3));
  });
});

describe("whole structures", () => {
  it("are filled between drawn slices by the shape between", () => {
    const mask = empty();
    paintDisc(mask, GRID, [0, 0, 6], 6, 1);
    paintDisc(mask, GRID, [0, 0, 18], 12, 1);
    const filled = interpolated(mask, GRID);
    const slice = (k: number) => count(filled.subarray(k * 36 * 40, (k + 1) * 36 * 40)) * 1.5;
    for (const [k, radius] of [
      [3, 7.5],
      [4, 9],
      [5, 10.5],
    ] as const) {
      expect(Math.abs(slice(k) / (Math.PI * radius ** 2) - 1)).toBeLessThan(0.12);
    }
    expect(slice(1)).toBe(0);
    // What was drawn stays as it was.
    expect(slice(2)).toBe(count(mask.subarray(2 * 1440, 3 * 1440)) * 1.5);
  });

  it("grow and shrink in millimetres in all directions", () => {
    const mask = empty();
    mask[at(20, 18, 6)] = 1;
    const grown = withMargin(mask, GRID, 6);
    expect(grown[at(26, 18, 6)]).toBe(1);
    expect(grown[at(27, 18, 6)]).toBe(0);
    expect(grown[at(20, 18, 8)]).toBe(1);
    expect(grown[at(20, 18, 9)]).toBe(0);
    expect(grown[at(20, 22, 6)]).toBe(1);
    const shrunk = withMargin(grown, GRID, -5.9);
    expect(shrunk[at(20, 18, 6)]).toBe(1);
    expect(count(shrunk)).toBeLessThan(10);
    expect(count(withMargin(empty(), GRID, 5))).toBe(0);
  });

  it("are taken over from a structure on another grid", () => {
    const mask = empty();
    paintDisc(mask, GRID, [0, 0, 15], 9, 1);
    const finer: Grid = { ...GRID, dimensions: [80, 72, 12], spacing: [0.5, 0.75, 3] };
    const copy = onGrid({ grid: GRID, values: mask, slope: 1, intercept: 0 }, finer);
    expect(Math.abs(volumeMl(copy, finer) / volumeMl(mask, GRID) - 1)).toBeLessThan(0.08);
  });
});

describe("the runs that the server takes", () => {
  it("begin outside and add up to the volume", () => {
    const runs = runsOf(Uint8Array.of(0, 0, 1, 1, 1, 0));
    expect([...runs]).toEqual([2, 3, 1]);
    expect([...runsOf(Uint8Array.of(1, 0))]).toEqual([0, 1, 1]);
  });

  it("travel as little-endian 32-bit numbers", () => {
    expect(base64Of(Uint32Array.of(2, 3))).toBe("AgAAAAMAAAA=");
  });
});
