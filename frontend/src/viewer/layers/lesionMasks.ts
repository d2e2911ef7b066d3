/** The segments of a segmentation as small filled volumes, to be outlined in any plane. */

import type { DataSet } from "dicom-parser";
import { firstItem, itemsOf, numbersOf } from "../dicomItems";
import { cross, dot, type Grid, scaleAdd, type Vec3 } from "../geometry";
import { readSeg, type SegFrame } from "../segFile";
import type { PointLps } from "../types";
import type { ScalarVolume } from "./resample";

export interface LesionMask {
  readonly segment: number;
  readonly mask: ScalarVolume;
}

/** Where the frames of a segmentation lie, and what each holds. */
export interface LaidFrames {
  readonly rows: number;
  readonly columns: number;
  /** Row direction, then column direction. */
  readonly orientation: readonly number[];
  /** Between rows, then between columns, then between slices, mm. */
  readonly spacing: readonly [number, number, number];
  readonly frames: readonly {
    readonly segment: number;
    readonly position: PointLps;
    readonly pixels: ArrayLike<number>;
  }[];
}

export function readLesions(data: DataSet): LesionMask[] {
  const seg = readSeg(data);
  const shared = itemsOf(data, "x52009229")[0] ?? null;
  const own = itemsOf(data, "x52009230")[0] ?? null;
  const measures =
    (shared && firstItem(shared, "x00289110")) ?? (own && firstItem(own, "x00289110"));
  const [betweenRows = 1, betweenColumns = 1] = numbersOf(measures, "x00280030");
  const [thickness = 1] = numbersOf(measures, "x00180050");
  const [betweenSlices = thickness] = numbersOf(measures, "x00180088");
  const placed = seg.frames.flatMap((frame) => placedFrame(frame, seg.pixels));
  const orientation = seg.frames.find((frame) => frame.orientation !== null)?.orientation;
  if (orientation == null) return [];
  const { rows, columns } = seg;
  const spacing = [betweenRows, betweenColumns, betweenSlices] as const;
  return lesionMasks({ rows, columns, orientation, spacing, frames: placed });
}

function placedFrame(
  { index, segment, position }: SegFrame,
  pixels: (index: number) => ArrayLike<number>,
): LaidFrames["frames"] {
  return position === null ? [] : [{ segment, position, pixels: pixels(index) }];
}

/** Empty space around a segment: a coarse view must see it end, or its outline stays open. */
const BORDER_MM = 6;

/** One volume for each segment, no larger than the segment and its border. */
export function lesionMasks(laid: LaidFrames): LesionMask[] {
  const numbers = new Set<number>();
  for (const { segment, pixels } of laid.frames) {
    if (segment > 0) numbers.add(segment);
    else for (let at = 0; at < pixels.length; at++) numbers.add(pixels[at] as number);
  }
  numbers.delete(0);
  return [...numbers]
    .sort((a, b) => a - b)
    .flatMap((segment) => {
      const mask = maskOfSegment(laid, segment);
      return mask === null ? [] : [{ segment, mask }];
    });
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

function maskOfSegment(laid: LaidFrames, segment: number): ScalarVolume | null {
  const { rows, columns, orientation, spacing } = laid;
  const right = orientation.slice(0, 3) as Vec3;
  const down = orientation.slice(3, 6) as Vec3;
  const normal = cross(right, down);
  const isIn = segmentTest(segment);
  const own = laid.frames.flatMap((frame) => {
    const box = boxOf(frame.pixels, columns, rows, (value) => isIn(value, frame.segment));
    return box === null ? [] : [{ ...frame, box, height: dot(frame.position, normal) }];
  });
  const first = own.toSorted((a, b) => a.height - b.height)[0];
  if (first === undefined) return null;
  const [betweenRows, betweenColumns, betweenSlices] = spacing;
  const border = (mm: number) => Math.max(1, Math.ceil(BORDER_MM / mm));
  const [above, beside, below] = [
    border(betweenRows),
    border(betweenColumns),
    border(betweenSlices),
  ];
  const sliceOf = (height: number) => Math.round((height - first.height) / betweenSlices) + below;
  const left = Math.min(...own.map(({ box }) => box.left)) - beside;
  const top = Math.min(...own.map(({ box }) => box.top)) - above;
  const width = Math.max(...own.map(({ box }) => box.right)) - left + beside + 1;
  const height = Math.max(...own.map(({ box }) => box.bottom)) - top + above + 1;
  const depth = Math.max(...own.map((frame) => sliceOf(frame.height))) + below + 1;
  const values = new Uint8Array(width * height * depth);
  for (const frame of own) {
    const slice = sliceOf(frame.height);
    for (let y = frame.box.top; y <= frame.box.bottom; y++) {
      for (let x = frame.box.left; x <= frame.box.right; x++) {
        if (!isIn(frame.pixels[y * columns + x] as number, frame.segment)) continue;
        values[(slice * height + (y - top)) * width + (x - left)] = 1;
      }
    }
  }
  const corner = scaleAdd(first.position, right, left * betweenColumns);
  const lowest = scaleAdd(corner, normal, -below * betweenSlices);
  const origin = scaleAdd(lowest, down, top * betweenRows);
  const grid: Grid = {
    dimensions: [width, height, depth],
    spacing: [betweenColumns, betweenRows, betweenSlices],
    origin,
    direction: [...right, ...down, ...normal],
  };
  return { grid, values, slope: 1, intercept: 0 };
}

/** A frame holds one segment as 0 and 1, or all of them by their numbers. */
const segmentTest =
  (segment: number) =>
  (value: number, of: number): boolean =>
    of === 0 ? value === segment : of === segment && value !== 0;

function boxOf(
  pixels: ArrayLike<number>,
  columns: number,
  rows: number,
  isIn: (value: number) => boolean,
): Box | null {
  const box = { left: columns, right: -1, top: rows, bottom: -1 };
  for (let at = 0; at < columns * rows; at++) {
    if (!isIn(pixels[at] as number)) continue;
    const [x, y] = [at % columns, Math.floor(at / columns)];
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y);
  }
  return box.right < 0 ? null : box;
}

/**
 * A grid that lies in another frame, brought to the one that the images are shown in. `matrix`
 * (4 x 4, rows) takes points of the shown frame there; it turns and shifts, so that its inverse
 * needs no division.
 */
export function broughtBack(grid: Grid, matrix: readonly (readonly number[])[]): Grid {
  const row = (at: number) => matrix[at] ?? [];
  const back = ([x, y, z]: PointLps): Vec3 =>
    [0, 1, 2].map(
      (at) => (row(0)[at] ?? 0) * x + (row(1)[at] ?? 0) * y + (row(2)[at] ?? 0) * z,
    ) as Vec3;
  const shift: Vec3 = [row(0)[3] ?? 0, row(1)[3] ?? 0, row(2)[3] ?? 0];
  const axis = (at: number) => back(grid.direction.slice(at * 3, at * 3 + 3) as Vec3);
  return {
    ...grid,
    origin: back(scaleAdd(grid.origin, shift, -1)),
    direction: [...axis(0), ...axis(1), ...axis(2)],
  };
}
