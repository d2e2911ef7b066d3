import { describe, expect, it } from "vitest";
import {
  axisOf,
  centreVoxelOf,
  type Grid,
  indexToWorld,
  isInside,
  orientationLetters,
  planeOfNormal,
  scaleBarLength,
  slicePosition,
  toPoint,
  worldToIndex,
} from "./geometry";

const cos = Math.cos(Math.PI / 6);
const sin = Math.sin(Math.PI / 6);
/** Turned by 30 degrees about the row direction, anisotropic, away from the origin. */
const OBLIQUE: Grid = {
  dimensions: [181, 217, 40],
  spacing: [0.9, 0.8, 4],
  origin: [-90, -126, -72],
  direction: [1, 0, 0, 0, cos, sin, 0, -sin, cos],
};

describe("a volume's grid", () => {
  it("puts the first voxel at the origin and steps along its own axes", () => {
    expect(indexToWorld(OBLIQUE, [0, 0, 0])).toEqual([-90, -126, -72]);
    const [x, y, z] = indexToWorld(OBLIQUE, [10, 0, 5]);
    expect(x).toBeCloseTo(-81);
    expect(y).toBeCloseTo(-126 - 20 * sin);
    expect(z).toBeCloseTo(-72 + 20 * cos);
  });

  it("finds the index of a world point again", () => {
    const index = worldToIndex(OBLIQUE, indexToWorld(OBLIQUE, [17.5, 200, 3]));
    expect(index[0]).toBeCloseTo(17.5);
    expect(index[1]).toBeCloseTo(200);
    expect(index[2]).toBeCloseTo(3);
  });

  it("counts the outer half of border voxels as inside, and nothing beyond", () => {
    expect(isInside(OBLIQUE, indexToWorld(OBLIQUE, [-0.4, 0, 39.4]))).toBe(true);
    expect(isInside(OBLIQUE, indexToWorld(OBLIQUE, [-0.6, 0, 0]))).toBe(false);
    expect(isInside(OBLIQUE, indexToWorld(OBLIQUE, [0, 0, 39.6]))).toBe(false);
  });

  it("centres on a voxel, not between two", () => {
    const index = worldToIndex(OBLIQUE, centreVoxelOf(OBLIQUE));
    expect(
      index.map((value) => value - Math.round(value)).every((rest) => Math.abs(rest) < 1e-9),
    ).toBe(true);
  });

  it("reads its axes row, column, normal", () => {
    expect(axisOf(OBLIQUE, 2)).toEqual([0, -sin, cos]);
  });
});

describe("orientation letters", () => {
  it.each([
    [[1, 0, 0], "L"],
    [[-1, 0, 0], "R"],
    [[0, 1, 0], "P"],
    [[0, -1, 0], "A"],
    [[0, 0, 1], "S"],
    [[0, 0, -1], "I"],
  ] as const)("names %j %s (LPS)", (direction, letters) => {
    expect(orientationLetters(direction)).toBe(letters);
  });

  it("adds the second strongest letter to an oblique direction", () => {
    expect(orientationLetters([0, cos, sin])).toBe("PS");
    expect(orientationLetters([-sin, 0, -cos])).toBe("IR");
  });

  it("leaves a slight tilt out", () => {
    expect(orientationLetters([0, 0.98, 0.17])).toBe("P");
  });
});

describe("planes and positions", () => {
  it("names the plane by its normal, whichever way it points", () => {
    expect(planeOfNormal([0, 0, -1])).toBe("axial");
    expect(planeOfNormal([1, 0, 0])).toBe("sagittal");
    expect(planeOfNormal([0, 0.9, -0.4])).toBe("coronal");
  });

  it("writes positions with the side they lie on", () => {
    expect(slicePosition([5, 6, -12.34], [0, 0, -1])).toBe("I 12.3 mm");
    expect(slicePosition([5, 6, 7], [1, 0, 0])).toBe("L 5.0 mm");
    expect(slicePosition([5, -6, 7], [0, 1, 0])).toBe("A 6.0 mm");
  });

  it("takes only three finite numbers as a point", () => {
    expect(toPoint([1, 2, 3])).toEqual([1, 2, 3]);
    expect(toPoint([1, 2])).toBeNull();
    expect(toPoint([1, Number.NaN, 3])).toBeNull();
    expect(toPoint(null)).toBeNull();
  });
});

describe("the scale bar", () => {
  it("is a round length that fits", () => {
    expect(scaleBarLength(0.27, 420)).toBe(20);
    expect(scaleBarLength(1.1, 420)).toBe(50);
    expect(scaleBarLength(0, 420)).toBe(0);
  });
});
