/** Changes to a mask that a person draws: brush, interpolation between slices, margin, runs. */

import { type Grid, indexToWorld, worldToIndex } from "../geometry";
import type { PointLps } from "../types";
import { distanceTo, type Size3 } from "./distance";
import { type ScalarVolume, samplePlane } from "./resample";

/** Paints or wipes a disc in the slice nearest to `centre`; the slice's number, or null outside. */
export function paintDisc(
  mask: Uint8Array,
  grid: Grid,
  centre: PointLps,
  radiusMm: number,
  value: 0 | 1,
): number | null {
  const [columns, rows, slices] = grid.dimensions;
  const [i, j, k] = worldToIndex(grid, centre);
  const slice = Math.round(k);
  if (slice < 0 || slice >= slices) return null;
  const [dx, dy] = grid.spacing;
  const across = radiusMm / dx;
  const down = radiusMm / dy;
  for (let row = Math.max(0, Math.ceil(j - down)); row <= Math.min(rows - 1, j + down); row++) {
    const from = Math.max(0, Math.ceil(i - across));
    for (let column = from; column <= Math.min(columns - 1, i + across); column++) {
      if (Math.hypot((column - i) * dx, (row - j) * dy) > radiusMm) continue;
      mask[(slice * rows + row) * columns + column] = value;
    }
  }
  return slice;
}

/** A disc at each millimetre or so of a stroke, so that a fast pointer leaves no gaps. */
export function strokePoints(from: PointLps, to: PointLps, stepMm: number): PointLps[] {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2]);
  const count = Math.max(1, Math.ceil(length / stepMm));
  return Array.from({ length: count }, (_, at) => {
    const share = (at + 1) / count;
    return [0, 1, 2].map(
      (axis) => (from[axis] ?? 0) + ((to[axis] ?? 0) - (from[axis] ?? 0)) * share,
    ) as unknown as PointLps;
  });
}

function drawnSlices(mask: Uint8Array, size: Size3): number[] {
  const plane = size[0] * size[1];
  const found: number[] = [];
  for (let slice = 0; slice < size[2]; slice++) {
    if (mask.subarray(slice * plane, (slice + 1) * plane).includes(1)) found.push(slice);
  }
  return found;
}

/** Signed distance to the outline within one slice, mm: negative inside. */
function signedDistance(slice: Uint8Array, grid: Grid): Float32Array {
  const size: Size3 = [grid.dimensions[0], grid.dimensions[1], 1];
  const [outer, inner] = [
    distanceTo(slice, 1, size, [...grid.spacing]),
    distanceTo(slice, 0, size, [...grid.spacing]),
  ];
  return outer.map((value, at) => value - (inner[at] as number));
}

/** Fills the empty slices between drawn ones by the shape between their outlines (Raya 1990). */
export function interpolated(mask: Uint8Array, grid: Grid): Uint8Array {
  const plane = grid.dimensions[0] * grid.dimensions[1];
  const next = mask.slice();
  const drawn = drawnSlices(mask, grid.dimensions);
  for (let pair = 0; pair + 1 < drawn.length; pair++) {
    const [low, high] = [drawn[pair] as number, drawn[pair + 1] as number];
    if (high - low < 2) continue;
    const below = signedDistance(mask.subarray(low * plane, (low + 1) * plane), grid);
    const above = signedDistance(mask.subarray(high * plane, (high + 1) * plane), grid);
    for (let slice = low + 1; slice < high; slice++) {
      const share = (slice - low) / (high - low);
      for (let at = 0; at < plane; at++) {
        const distance = (below[at] as number) * (1 - share) + (above[at] as number) * share;
        next[slice * plane + at] = distance < 0 ? 1 : 0;
      }
    }
  }
  return next;
}

/** Grown (or, with less than 0, shrunk) by a distance in all directions. */
export function withMargin(mask: Uint8Array, grid: Grid, millimetres: number): Uint8Array {
  const box = boxAround(mask, grid, Math.max(0, millimetres));
  const next = new Uint8Array(mask.length);
  if (box === null) return next;
  const part = cut(mask, grid.dimensions, box);
  const spacing = [...grid.spacing] as [number, number, number];
  const distance = distanceTo(part, millimetres >= 0 ? 1 : 0, sizeOf(box), spacing);
  const isIn = (value: number) => (millimetres >= 0 ? value <= millimetres : value > -millimetres);
  eachOf(grid.dimensions, box, (whole, at) => {
    if (isIn(distance[at] as number)) next[whole] = 1;
  });
  return next;
}

/** First and last voxel along each axis. */
type Box = readonly [low: Size3, high: Size3];

const sizeOf = ([low, high]: Box): Size3 => [
  high[0] - low[0] + 1,
  high[1] - low[1] + 1,
  high[2] - low[2] + 1,
];

/** What the mask fills and a margin with one voxel more around it; null where it is empty. */
function boxAround(mask: Uint8Array, grid: Grid, millimetres: number): Box | null {
  const [columns, rows] = grid.dimensions;
  const low = [...grid.dimensions];
  const high = [-1, -1, -1];
  for (let at = mask.indexOf(1); at >= 0; at = mask.indexOf(1, at + 1)) {
    const index = [at % columns, Math.floor(at / columns) % rows, Math.floor(at / columns / rows)];
    for (const axis of [0, 1, 2]) {
      low[axis] = Math.min(low[axis] as number, index[axis] as number);
      high[axis] = Math.max(high[axis] as number, index[axis] as number);
    }
  }
  if (high[0] === -1) return null;
  const room = grid.spacing.map((step) => Math.ceil(millimetres / step) + 1);
  const from = low.map((value, axis) => Math.max(0, value - (room[axis] as number)));
  const to = high.map((value, axis) =>
    Math.min((grid.dimensions[axis] as number) - 1, value + (room[axis] as number)),
  );
  return [from as unknown as Size3, to as unknown as Size3];
}

function cut(mask: Uint8Array, size: Size3, box: Box): Uint8Array {
  const [columns, rows, slices] = sizeOf(box);
  const part = new Uint8Array(columns * rows * slices);
  eachOf(size, box, (whole, at) => {
    part[at] = mask[whole] as number;
  });
  return part;
}

/** Every voxel of a box: its place in the whole, and in the box. */
function eachOf(size: Size3, [low, high]: Box, visit: (whole: number, at: number) => void): void {
  let at = 0;
  for (let slice = low[2]; slice <= high[2]; slice++) {
    for (let row = low[1]; row <= high[1]; row++) {
      const line = (slice * size[1] + row) * size[0];
      for (let column = low[0]; column <= high[0]; column++) {
        visit(line + column, at);
        at += 1;
      }
    }
  }
}

/** A filled structure on the voxels of another grid. */
export function onGrid(structure: ScalarVolume, grid: Grid): Uint8Array {
  const [columns, rows, slices] = grid.dimensions;
  const mask = new Uint8Array(columns * rows * slices);
  const corner = indexToWorld(grid, [0, 0, 0]);
  const step = (index: PointLps): PointLps => {
    const world = indexToWorld(grid, index);
    return [world[0] - corner[0], world[1] - corner[1], world[2] - corner[2]];
  };
  for (let slice = 0; slice < slices; slice++) {
    const view = {
      topLeft: indexToWorld(grid, [0, 0, slice]),
      perColumn: step([1, 0, 0]),
      perRow: step([0, 1, 0]),
    };
    const plane = samplePlane(structure, view, columns, rows, 1);
    if (plane === null) continue;
    for (let row = 0; row < plane.rows; row++) {
      for (let column = 0; column < plane.columns; column++) {
        if ((plane.values[row * plane.columns + column] as number) < 0.5) continue;
        const at = (slice * rows + row + plane.top) * columns + column + plane.left;
        if (!Number.isNaN(plane.values[row * plane.columns + column])) mask[at] = 1;
      }
    }
  }
  return mask;
}

/** Lengths of runs by turns outside and inside, first outside, as the server takes them. */
export function runsOf(mask: Uint8Array): Uint32Array {
  const runs: number[] = [];
  let value = 0;
  let length = 0;
  for (const voxel of mask) {
    if (voxel === value) length += 1;
    else {
      runs.push(length);
      value = voxel;
      length = 1;
    }
  }
  runs.push(length);
  return Uint32Array.from(runs);
}

const CHUNK = 0x8000;

export function base64Of(runs: Uint32Array): string {
  const bytes = new Uint8Array(runs.buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(text);
}

export function volumeMl(mask: Uint8Array, grid: Grid): number {
  const count = mask.reduce((sum, value) => sum + value, 0);
  return (count * grid.spacing[0] * grid.spacing[1] * grid.spacing[2]) / 1000;
}
