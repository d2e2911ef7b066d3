/** Reads a Parametric Map object: one value for each voxel, frame by frame. */

import type { DataSet } from "dicom-parser";
import { ViewerError } from "../api";
import { firstItem, itemsOf, numbersOf } from "../dicomItems";
import { cross, dot, toPoint, type Vec3 } from "../geometry";
import type { PointLps } from "../types";
import type { ScalarVolume } from "./resample";

const SHARED = "x52009229";
const PER_FRAME = "x52009230";
const FLOAT_PIXELS = "x7fe00008";
const PIXELS = "x7fe00010";

const wrong = (why: string) =>
  new ViewerError("map_unreadable", `This map cannot be shown: ${why}`);

export function readParametricMap(data: DataSet): ScalarVolume {
  const shared = itemsOf(data, SHARED)[0] ?? null;
  const frames = itemsOf(data, PER_FRAME);
  const rows = data.uint16("x00280010") ?? 0;
  const columns = data.uint16("x00280011") ?? 0;
  const group = (own: DataSet | undefined, tag: string) =>
    (own && firstItem(own, tag)) ?? (shared && firstItem(shared, tag));
  const orientation = numbersOf(group(frames[0], "x00209116"), "x00200037");
  const measures = group(frames[0], "x00289110");
  const [rowSpacing, columnSpacing] = numbersOf(measures, "x00280030");
  const positions = frames.map((own) => toPoint(numbersOf(group(own, "x00209113"), "x00200032")));
  if (orientation.length !== 6 || rowSpacing === undefined || columnSpacing === undefined) {
    throw wrong("its frames have no place in the patient.");
  }
  const right = orientation.slice(0, 3) as Vec3;
  const down = orientation.slice(3, 6) as Vec3;
  const normal = cross(right, down);
  const placed = positions.map((position, index) => {
    if (position === null) throw wrong("a frame has no position.");
    return { index, position, height: dot(position, normal) };
  });
  placed.sort((a, b) => a.height - b.height);
  const first = placed[0];
  const last = placed.at(-1);
  if (first === undefined || last === undefined) throw wrong("it holds no frames.");
  const depth = (last.height - first.height) / Math.max(1, placed.length - 1) || 1;
  const size = rows * columns;
  const stored = pixelsOf(data, size * frames.length);
  const values = new Float32Array(size * frames.length);
  for (const [slice, { index }] of placed.entries()) {
    values.set(stored.subarray(index * size, (index + 1) * size), slice * size);
  }
  return {
    grid: {
      dimensions: [columns, rows, placed.length],
      spacing: [columnSpacing, rowSpacing, depth],
      origin: first.position as PointLps,
      direction: [...right, ...down, ...normal],
    },
    values,
    ...scaleOf(group(frames[0], "x00409096")),
  };
}

function scaleOf(mapping: DataSet | null): { slope: number; intercept: number } {
  return {
    slope: mapping?.double("x00409225") ?? 1,
    intercept: mapping?.double("x00409224") ?? 0,
  };
}

function pixelsOf(data: DataSet, count: number): Float32Array {
  const float = data.elements[FLOAT_PIXELS];
  const whole = data.elements[PIXELS];
  const element = float ?? whole;
  if (element === undefined || element.encapsulatedPixelData) {
    throw wrong("it holds no plain pixels.");
  }
  const width = float === undefined ? 2 : 4;
  if (element.length < count * width) throw wrong("it ends before its frames do.");
  // A copy, as the pixels may begin at an odd byte.
  const bytes = data.byteArray.slice(element.dataOffset, element.dataOffset + count * width);
  if (float !== undefined) return new Float32Array(bytes.buffer, 0, count);
  const isSigned = data.uint16("x00280103") === 1;
  return Float32Array.from(
    isSigned ? new Int16Array(bytes.buffer, 0, count) : new Uint16Array(bytes.buffer, 0, count),
  );
}
