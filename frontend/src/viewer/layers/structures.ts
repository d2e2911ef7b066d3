/** Structures of an RTSTRUCT as outlines on any plane of the patient. */

import { dot, type Grid, subtract } from "../geometry";
import type { ViewPlane } from "../labelPaint";
import type { PointLps } from "../types";
import type { Rgb } from "./colours";
import { isolines, type Line } from "./isolines";
import { type ScalarVolume, samplePlane } from "./resample";

export interface PlanarContour {
  /** Height of the contour's plane, LPS mm. */
  readonly z: number;
  /** x, y in LPS mm, closed by itself. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Structure {
  readonly number: number;
  readonly name: string;
  readonly colour: Rgb;
  readonly contours: readonly PlanarContour[];
  /** The distance between neighbouring contour planes, mm. */
  readonly spacing: number;
}

/** The usual distance between contour planes; 3 mm where there is one plane only. */
export function planeSpacing(contours: readonly PlanarContour[]): number {
  const heights = [...new Set(contours.map(({ z }) => Math.round(z * 100) / 100))];
  heights.sort((a, b) => a - b);
  const gaps = heights.slice(1).map((z, at) => z - (heights[at] ?? z));
  gaps.sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? 3;
}

/** Where a structure cuts the plane that a view shows. */
export function outlines(
  structure: Structure,
  mask: () => ScalarVolume | null,
  view: ViewPlane,
  width: number,
  height: number,
): Line[] {
  const isTransverse =
    Math.abs(view.perColumn[2]) < 1e-4 * Math.hypot(...view.perColumn) &&
    Math.abs(view.perRow[2]) < 1e-4 * Math.hypot(...view.perRow);
  if (isTransverse) return transverseOutlines(structure, view);
  const volume = mask();
  if (volume === null) return [];
  const plane = samplePlane(volume, view, width, height, 2);
  return plane === null ? [] : isolines(plane, 0.5);
}

/** The drawn contours themselves, on the slice that they were drawn on. */
function transverseOutlines({ contours, spacing }: Structure, view: ViewPlane): Line[] {
  const z = view.topLeft[2];
  const nearest = contours.reduce(
    (least, contour) => Math.min(least, Math.abs(contour.z - z)),
    Number.POSITIVE_INFINITY,
  );
  if (nearest > spacing / 2 + 1e-3) return [];
  const toPixel = pixelsOf(view);
  return contours
    .filter((contour) => Math.abs(Math.abs(contour.z - z) - nearest) < 1e-3)
    .map(({ points }) => {
      const line = points.map(([x, y]) => toPixel([x, y, z]));
      const first = line[0];
      return first === undefined ? line : [...line, first];
    });
}

/** World to canvas pixels; the view's columns and rows are at right angles. */
export function pixelsOf(view: ViewPlane): (world: PointLps) => [number, number] {
  const { topLeft, perColumn, perRow } = view;
  const across = dot(perColumn, perColumn);
  const down = dot(perRow, perRow);
  return (world) => {
    const from = subtract(world, topLeft);
    // The top-left world point is the middle of the first pixel.
    return [dot(from, perColumn) / across + 0.5, dot(from, perRow) / down + 0.5];
  };
}

const MASK_PIXEL_MM = 1.5;
const MOST_MASK_VOXELS = 40_000_000;

/** The structure filled on a grid of its own, with a border of one voxel. Null where it is empty. */
export function maskOf(structure: Structure): ScalarVolume | null {
  const { contours, spacing } = structure;
  const points = contours.flatMap((contour) => contour.points);
  if (points.length === 0) return null;
  const bounds = (values: readonly number[]) =>
    values.reduce<[number, number]>(
      ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    );
  const [left, right] = bounds(points.map(([x]) => x));
  const [front, back] = bounds(points.map(([, y]) => y));
  const [foot, head] = bounds(contours.map(({ z }) => z));
  const count = (low: number, high: number, step: number) => Math.round((high - low) / step) + 3;
  const dimensions = [
    count(left, right, MASK_PIXEL_MM),
    count(front, back, MASK_PIXEL_MM),
    count(foot, head, spacing),
  ] as const;
  if (dimensions[0] * dimensions[1] * dimensions[2] > MOST_MASK_VOXELS) return null;
  const origin: PointLps = [left - MASK_PIXEL_MM, front - MASK_PIXEL_MM, foot - spacing];
  const grid: Grid = {
    dimensions,
    spacing: [MASK_PIXEL_MM, MASK_PIXEL_MM, spacing],
    origin,
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
  const values = new Uint8Array(dimensions[0] * dimensions[1] * dimensions[2]);
  for (const contour of contours) {
    const slice = Math.round((contour.z - origin[2]) / spacing);
    fill(values, dimensions, slice, contour, origin);
  }
  return { grid, values, slope: 1, intercept: 0 };
}

/** Turns over every voxel inside the contour: a contour inside another one makes a hole. */
function fill(
  values: Uint8Array,
  [columns, rows]: readonly [number, number, number],
  slice: number,
  { points }: PlanarContour,
  origin: PointLps,
): void {
  for (let row = 0; row < rows; row++) {
    const y = origin[1] + row * MASK_PIXEL_MM;
    const cuts = crossings(points, y).map((x) => (x - origin[0]) / MASK_PIXEL_MM);
    const line = (slice * rows + row) * columns;
    for (let pair = 0; pair + 1 < cuts.length; pair += 2) {
      const from = Math.ceil(cuts[pair] as number);
      const to = Math.floor(cuts[pair + 1] as number);
      for (let column = from; column <= to; column++)
        values[line + column] = 1 - (values[line + column] ?? 0);
    }
  }
}

/** Where a polygon crosses a horizontal line, from left to right. */
function crossings(points: PlanarContour["points"], y: number): number[] {
  const found: number[] = [];
  for (let at = 0; at < points.length; at++) {
    const [x1, y1] = points[at] as readonly [number, number];
    const [x2, y2] = points[(at + 1) % points.length] as readonly [number, number];
    if (y1 <= y === y2 <= y) continue;
    found.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
  }
  return found.sort((a, b) => a - b);
}
