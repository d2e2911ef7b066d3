import { describe, expect, it } from "vitest";
import type { Grid } from "../geometry";
import type { ViewPlane } from "../labelPaint";
import { differenceColouring, doseColouring, gammaColouring, ISODOSES } from "./colours";
import { CHECKER_PX, checkerSquares, paintPlane, subtractPlanes } from "./compose";
import { isolines } from "./isolines";
import { isodoseRows, nextFusion, toggled } from "./layerState";
import { type PlaneValues, samplePlane, stepFor, valueAt } from "./resample";

const GRID: Grid = {
  dimensions: [11, 9, 7],
  spacing: [2, 3, 4],
  origin: [-10, -12, -12],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

/** A volume whose value is a plain function of the place. */
function volumeOf(value: (x: number, y: number, z: number) => number, grid = GRID) {
  const [columns, rows, slices] = grid.dimensions;
  const values = new Float32Array(columns * rows * slices);
  for (let k = 0; k < slices; k++) {
    for (let j = 0; j < rows; j++) {
      for (let i = 0; i < columns; i++) {
        values[(k * rows + j) * columns + i] = value(
          grid.origin[0] + i * grid.spacing[0],
          grid.origin[1] + j * grid.spacing[1],
          grid.origin[2] + k * grid.spacing[2],
        );
      }
    }
  }
  return { grid, values, slope: 1, intercept: 0 };
}

/** Transverse at height z; one pixel is a millimetre. */
const transverse = (z: number): ViewPlane => ({
  topLeft: [-20, -20, z],
  perColumn: [1, 0, 0],
  perRow: [0, 1, 0],
});

const at = (plane: PlaneValues, x: number, y: number) =>
  plane.values[(y - plane.top) * plane.columns + (x - plane.left)];

describe("a plane of a volume", () => {
  const linear = volumeOf((x, y, z) => 2 * x - y + 0.5 * z);

  it("is interpolated in all three directions", () => {
    const plane = samplePlane(linear, transverse(-5.5), 40, 40, 1);
    expect(plane).not.toBeNull();
    // Pixel (23, 17) lies at x 3, y -3.
    expect(at(plane as PlaneValues, 23, 17)).toBeCloseTo(2 * 3 + 3 - 2.75, 4);
  });

  it("covers what lies less than half a voxel beyond the outer voxels", () => {
    const plane = samplePlane(linear, transverse(0), 60, 60, 1) as PlaneValues;
    expect([plane.left, plane.left + plane.columns - 1]).toEqual([10, 30]);
    expect(samplePlane(linear, transverse(30), 60, 60, 1)).toBeNull();
  });

  it("is the same at a coarser step, at the middle of each cell", () => {
    const coarse = samplePlane(linear, transverse(0), 40, 40, 3) as PlaneValues;
    // Cell 7 in both directions has its middle at pixel 22: x 2, y 2.
    expect(at(coarse, 7, 7)).toBeCloseTo(2, 4);
  });

  it("applies slope and intercept, upright planes too", () => {
    const scaled = { ...linear, slope: 0.5, intercept: 10 };
    const sagittal: ViewPlane = { topLeft: [4, -12, 12], perColumn: [0, 1, 0], perRow: [0, 0, -1] };
    const plane = samplePlane(scaled, sagittal, 24, 24, 1) as PlaneValues;
    expect(at(plane, 6, 12)).toBeCloseTo((8 + 6) * 0.5 + 10, 4);
    expect(valueAt(scaled, [4, -6, 0])).toBeCloseTo(17, 4);
    expect(valueAt(scaled, [40, 0, 0])).toBeNull();
  });

  it("has a bounded number of samples", () => {
    expect(stepFor(200, 200, 45_000)).toBe(1);
    const step = stepFor(1200, 900, 45_000);
    expect((1200 / step) * (900 / step)).toBeLessThanOrEqual(45_000);
  });
});

describe("lines of equal value", () => {
  const cone = volumeOf((x, y) => 20 - Math.hypot(x, y), {
    ...GRID,
    dimensions: [41, 41, 3],
    spacing: [1, 1, 4],
    origin: [-20, -20, -4],
  });

  it("run at the level's distance from the middle, closed", () => {
    const plane = samplePlane(cone, transverse(0), 60, 60, 1) as PlaneValues;
    const lines = isolines(plane, 10);
    expect(lines).toHaveLength(1);
    const [line] = lines;
    for (const [x, y] of line ?? []) {
      // The middle of pixel (20, 20) lies at (20.5, 20.5) of the canvas.
      expect(Math.abs(Math.hypot(x - 20.5, y - 20.5) - 10)).toBeLessThan(0.15);
    }
    expect(line?.[0]).toEqual(line?.at(-1));
  });

  it("stay open where the values end", () => {
    const plane = samplePlane(cone, transverse(0), 60, 60, 1) as PlaneValues;
    const lines = isolines(plane, -4);
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line[0]).not.toEqual(line.at(-1));
  });
});

describe("the dose wash", () => {
  const wash = doseColouring(50, 20, 0.5);
  const alpha = (pixel: number) => pixel >>> 24;

  it("leaves out what lies below the threshold", () => {
    expect(wash(9.9)).toBe(0);
    expect(alpha(wash(10.1))).toBe(128);
  });

  it("has the colours of the isodoses", () => {
    for (const { percent, colour } of ISODOSES) {
      const pixel = wash(percent / 2);
      const [red, green, blue] = [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
      for (const [channel, wanted] of [red, green, blue].entries()) {
        expect(Math.abs(wanted - (colour[channel] ?? 0))).toBeLessThanOrEqual(6);
      }
    }
  });

  it("names each line in Gy", () => {
    expect(isodoseRows(60).find(({ percent }) => percent === 95)?.gray).toBeCloseTo(57);
  });
});

describe("differences and γ", () => {
  it("hide what is nearly equal, and are blue below and red above", () => {
    const colouring = differenceColouring(100, 1);
    expect(colouring(1)).toBe(0);
    const [low, high] = [colouring(-100), colouring(100)];
    expect((low >> 16) & 255).toBeGreaterThan(low & 255);
    expect(high & 255).toBeGreaterThan((high >> 16) & 255);
  });

  it("change the colour of γ at 1", () => {
    const colouring = gammaColouring(1);
    const red = (gamma: number) => colouring(gamma) & 255;
    expect(red(1.02) - red(0.97)).toBeGreaterThan(100);
    expect(colouring(0)).toBe(0);
  });
});

describe("two planes", () => {
  const plane = (left: number, columns: number, values: number[]): PlaneValues => ({
    left,
    top: 0,
    columns,
    rows: 1,
    step: 1,
    values: Float32Array.from(values),
  });

  it("are subtracted where both are, whatever part of the view each covers", () => {
    const difference = subtractPlanes(plane(0, 3, [5, 6, 7]), plane(1, 3, [1, 2, 3]));
    expect([...difference.values]).toEqual([Number.NaN, 5, 5]);
    const painted = paintPlane(difference, () => 9);
    expect([...painted]).toEqual([0, 9, 9]);
  });

  it("share a checkerboard half and half", () => {
    const squares = checkerSquares(4 * CHECKER_PX, 4 * CHECKER_PX);
    expect(squares).toHaveLength(8);
    expect(new Set(squares.map(([x, y]) => ((x + y) / CHECKER_PX) % 2))).toEqual(new Set([0]));
  });
});

describe("what is shown", () => {
  it("goes through all ways to compare and back to none", () => {
    let mode = nextFusion("off", true);
    const seen = [mode];
    while (mode !== "off") {
      mode = nextFusion(mode, true);
      seen.push(mode);
    }
    expect(seen).toEqual(["blend", "checkerboard", "spyglass", "difference", "flicker", "off"]);
    expect(nextFusion("spyglass", false)).toBe("flicker");
  });

  it("is toggled without changing the old set", () => {
    const old = new Set([95]);
    expect([...toggled(old, 95)]).toEqual([]);
    expect([...toggled(old, 50)]).toEqual([95, 50]);
    expect([...old]).toEqual([95]);
  });
});
