/** Affine maths of a volume on a regular grid. World coordinates are LPS millimetres. */

import type { PointLps } from "./types";

export type Vec3 = [number, number, number];

/** The fields of `/series/{uid}/geometry` that place voxels in space. */
export interface Grid {
  readonly dimensions: readonly [columns: number, rows: number, slices: number];
  readonly spacing: readonly [x: number, y: number, slice: number];
  readonly origin: PointLps;
  /** Row direction, column direction, slice normal, each a unit vector. */
  readonly direction: readonly number[];
}

export type Plane = "axial" | "sagittal" | "coronal";

export function dot(a: PointLps, b: PointLps): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function subtract(a: PointLps, b: PointLps): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function scaleAdd(a: PointLps, b: PointLps, factor: number): Vec3 {
  return [a[0] + b[0] * factor, a[1] + b[1] * factor, a[2] + b[2] * factor];
}

export function cross(a: PointLps, b: PointLps): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function length(a: PointLps): number {
  return Math.sqrt(dot(a, a));
}

export function normalise(a: PointLps): Vec3 {
  const size = length(a);
  return size === 0 ? [0, 0, 0] : [a[0] / size, a[1] / size, a[2] / size];
}

export function toPoint(values: readonly number[] | null | undefined): Vec3 | null {
  if (values?.length !== 3) return null;
  const [x, y, z] = values as [number, number, number];
  return [x, y, z].every(Number.isFinite) ? [x, y, z] : null;
}

/** One of the grid's three axes (0 row, 1 column, 2 slice) as a unit vector. */
export function axisOf(grid: Grid, axis: 0 | 1 | 2): Vec3 {
  const d = grid.direction;
  return [d[axis * 3] ?? 0, d[axis * 3 + 1] ?? 0, d[axis * 3 + 2] ?? 0];
}

export function indexToWorld(grid: Grid, index: PointLps): Vec3 {
  let world: Vec3 = [...grid.origin];
  for (const axis of [0, 1, 2] as const) {
    world = scaleAdd(world, axisOf(grid, axis), index[axis] * grid.spacing[axis]);
  }
  return world;
}

/** Continuous voxel index of a world point; axes are orthonormal, so no inverse is needed. */
export function worldToIndex(grid: Grid, world: PointLps): Vec3 {
  return vectorToIndex(grid, subtract(world, grid.origin));
}

export function vectorToIndex(grid: Grid, vector: PointLps): Vec3 {
  return [
    dot(vector, axisOf(grid, 0)) / grid.spacing[0],
    dot(vector, axisOf(grid, 1)) / grid.spacing[1],
    dot(vector, axisOf(grid, 2)) / grid.spacing[2],
  ];
}

export function isInside(grid: Grid, world: PointLps): boolean {
  return worldToIndex(grid, world).every(
    (value, axis) => value >= -0.5 && value <= (grid.dimensions[axis] ?? 0) - 0.5,
  );
}

export function centreOf(grid: Grid): Vec3 {
  const [columns, rows, slices] = grid.dimensions;
  return indexToWorld(grid, [(columns - 1) / 2, (rows - 1) / 2, (slices - 1) / 2]);
}

/** The centre of the voxel nearest to the middle: a view through it needs no interpolation. */
export function centreVoxelOf(grid: Grid): Vec3 {
  const [columns, rows, slices] = grid.dimensions;
  return indexToWorld(grid, [
    Math.floor(columns / 2),
    Math.floor(rows / 2),
    Math.floor(slices / 2),
  ]);
}

/**
 * Orientation letters of a direction, strongest first: "L", or "LA" for an oblique one.
 * LPS: +x is the patient's left, +y posterior, +z superior (head). A second letter is shown from
 * about 20 degrees of obliquity.
 */
export function orientationLetters(direction: PointLps): string {
  const unit = normalise(direction);
  const named = [
    { size: Math.abs(unit[0]), letter: unit[0] > 0 ? "L" : "R" },
    { size: Math.abs(unit[1]), letter: unit[1] > 0 ? "P" : "A" },
    { size: Math.abs(unit[2]), letter: unit[2] > 0 ? "S" : "I" },
  ].filter((part) => part.size > 0.34);
  named.sort((a, b) => b.size - a.size);
  return named.map((part) => part.letter).join("");
}

/** The anatomical plane a normal stands for. */
export function planeOfNormal(normal: PointLps): Plane {
  const [x, y, z] = normal.map(Math.abs) as Vec3;
  if (z >= x && z >= y) return "axial";
  return x >= y ? "sagittal" : "coronal";
}

/** Where a slice lies, as radiology writes it: "S 12.5 mm" is 12.5 mm towards the head. */
export function slicePosition(point: PointLps, normal: PointLps): string {
  const plane = planeOfNormal(normal);
  const axis = plane === "axial" ? 2 : plane === "sagittal" ? 0 : 1;
  const value = point[axis];
  const towards: Vec3 = [0, 0, 0];
  towards[axis] = value < 0 ? -1 : 1;
  return `${orientationLetters(towards)} ${Math.abs(value).toFixed(1)} mm`;
}

/** A round length for a scale bar that fills about a fifth of the view. */
export function scaleBarLength(millimetresPerPixel: number, widthPixels: number): number {
  const wanted = (millimetresPerPixel * widthPixels) / 5;
  if (!Number.isFinite(wanted) || wanted <= 0) return 0;
  const decade = 10 ** Math.floor(Math.log10(wanted));
  const step = [5, 2, 1].find((candidate) => candidate * decade <= wanted) ?? 1;
  return step * decade;
}
