/** Cuts a plane out of a volume by trilinear interpolation, for layers drawn over the images. */

import { type Grid, vectorToIndex, worldToIndex } from "../geometry";
import { insideColumns, type ViewPlane } from "../labelPaint";
import type { PointLps } from "../types";

/** Values on a grid; real value = stored * slope + intercept. */
export interface ScalarVolume {
  readonly grid: Grid;
  readonly values: ArrayLike<number>;
  readonly slope: number;
  readonly intercept: number;
}

/** Real values of the part of a view that a volume covers, one for each `step` x `step` pixels. */
export interface PlaneValues {
  /** First column and row, in steps from the view's first pixel. */
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
  readonly step: number;
  /** Row by row; not-a-number outside the volume. */
  readonly values: Float32Array;
}

/** The coarsest whole step with which a view has no more than `most` samples. */
export function stepFor(width: number, height: number, most: number): number {
  return Math.max(1, Math.ceil(Math.sqrt((width * height) / most)));
}

interface Steps {
  readonly first: PointLps;
  readonly right: PointLps;
  readonly down: PointLps;
}

/** Voxel indices of the middle of the first cell, and the way to the next cells. */
function stepsOf(grid: Grid, view: ViewPlane, step: number): Steps {
  const first = worldToIndex(grid, view.topLeft);
  const right = vectorToIndex(grid, view.perColumn);
  const down = vectorToIndex(grid, view.perRow);
  const middle = (step - 1) / 2;
  return {
    first: [0, 1, 2].map(
      (axis) => (first[axis] ?? 0) + ((right[axis] ?? 0) + (down[axis] ?? 0)) * middle,
    ) as unknown as PointLps,
    right: [right[0] * step, right[1] * step, right[2] * step],
    down: [down[0] * step, down[1] * step, down[2] * step],
  };
}

/** The plane of `volume` under a view of `width` x `height` pixels; null where they do not meet. */
export function samplePlane(
  volume: ScalarVolume,
  view: ViewPlane,
  width: number,
  height: number,
  step: number,
): PlaneValues | null {
  const { grid } = volume;
  const steps = stepsOf(grid, view, step);
  const across = Math.ceil(width / step);
  const spans: { row: number; from: number; to: number; start: PointLps }[] = [];
  for (let row = 0; row < Math.ceil(height / step); row++) {
    const start: PointLps = [
      steps.first[0] + steps.down[0] * row,
      steps.first[1] + steps.down[1] * row,
      steps.first[2] + steps.down[2] * row,
    ];
    const span = insideColumns(start, steps.right, grid, across);
    if (span !== null) spans.push({ row, from: span[0], to: span[1], start });
  }
  if (spans.length === 0) return null;
  const left = Math.min(...spans.map((span) => span.from));
  const top = spans[0]?.row ?? 0;
  const columns = Math.max(...spans.map((span) => span.to)) - left + 1;
  const rows = (spans.at(-1)?.row ?? 0) - top + 1;
  const values = new Float32Array(columns * rows).fill(Number.NaN);
  const read = interpolatorOf(volume);
  for (const { row, from, to, start } of spans) {
    const line = (row - top) * columns - left;
    for (let column = from; column <= to; column++) {
      values[line + column] = read(
        start[0] + steps.right[0] * column,
        start[1] + steps.right[1] * column,
        start[2] + steps.right[2] * column,
      );
    }
  }
  return { left, top, columns, rows, step, values };
}

type Read = (i: number, j: number, k: number) => number;

/** Between voxels linearly; within half a voxel of the border the border's value. */
function interpolatorOf({ grid, values, slope, intercept }: ScalarVolume): Read {
  const [columns, rows, slices] = grid.dimensions;
  const plane = columns * rows;
  const clamp = (value: number, size: number) => Math.max(0, Math.min(size - 1, value));
  return (iAt, jAt, kAt) => {
    const i = clamp(iAt, columns);
    const j = clamp(jAt, rows);
    const k = clamp(kAt, slices);
    const i0 = Math.floor(i);
    const j0 = Math.floor(j);
    const k0 = Math.floor(k);
    const fi = i - i0;
    const fj = j - j0;
    const fk = k - k0;
    const at = k0 * plane + j0 * columns + i0;
    const di = fi > 0 ? 1 : 0;
    const dj = fj > 0 ? columns : 0;
    const dk = fk > 0 ? plane : 0;
    const v = values as Float32Array;
    const near =
      ((v[at] as number) * (1 - fi) + (v[at + di] as number) * fi) * (1 - fj) +
      ((v[at + dj] as number) * (1 - fi) + (v[at + dj + di] as number) * fi) * fj;
    if (dk === 0) return near * slope + intercept;
    const far =
      ((v[at + dk] as number) * (1 - fi) + (v[at + dk + di] as number) * fi) * (1 - fj) +
      ((v[at + dk + dj] as number) * (1 - fi) + (v[at + dk + dj + di] as number) * fi) * fj;
    return (near * (1 - fk) + far * fk) * slope + intercept;
  };
}

/** The value of a volume at a point, or null outside it. */
export function valueAt(volume: ScalarVolume, world: PointLps): number | null {
  const index = worldToIndex(volume.grid, world);
  const isInside = index.every(
    (value, axis) => value >= -0.5 && value <= (volume.grid.dimensions[axis] ?? 0) - 0.5,
  );
  return isInside ? interpolatorOf(volume)(...index) : null;
}
