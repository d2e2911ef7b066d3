/** Reads a DICOM segmentation object: where each frame lies, and its pixels. */

import type { DataSet } from "dicom-parser";
import { ViewerError } from "./api";
import { firstItem, itemsOf } from "./dicomItems";
import { toPoint, type Vec3 } from "./geometry";

const PIXEL_DATA = "x7fe00010";
const SHARED_GROUPS = "x52009229";
const FRAME_GROUPS = "x52009230";

export interface SegFrame {
  readonly index: number;
  /** 0 where a frame holds several segments, each by its number. */
  readonly segment: number;
  /** The one image that the frame was drawn on, where it names one. */
  readonly source: { readonly sopInstanceUid: string; readonly frame: number } | null;
  readonly position: Vec3 | null;
  /** Direction of the rows, then of the columns. */
  readonly orientation: readonly number[] | null;
}

export interface SegFile {
  readonly rows: number;
  readonly columns: number;
  readonly frames: readonly SegFrame[];
  /** Values of a frame, row by row: 0 or 1, or the segments' numbers where `segment` is 0. */
  readonly pixels: (index: number) => Uint8Array | Uint16Array;
}

export function readSeg(data: DataSet): SegFile {
  const groups = itemsOf(data, FRAME_GROUPS);
  const element = data.elements[PIXEL_DATA];
  if (groups.length === 0 || element === undefined) {
    throw new ViewerError("overlay_empty", "This segmentation holds no frames.");
  }
  if (element.encapsulatedPixelData) {
    throw new ViewerError(
      "overlay_compressed",
      "This segmentation is compressed; over single images only plain ones can be laid.",
    );
  }
  const rows = data.uint16("x00280010") ?? 0;
  const columns = data.uint16("x00280011") ?? 0;
  const bits = data.uint16("x00280100") ?? 1;
  const size = rows * columns;
  const available = element.length * 8;
  if (available < groups.length * size * bits) {
    throw new ViewerError("overlay_incomplete", "This segmentation ends before its frames do.");
  }
  const shared = itemsOf(data, SHARED_GROUPS)[0] ?? null;
  const bytes = data.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
  return {
    rows,
    columns,
    frames: groups.map((own, index) => frameOf(own, shared, index)),
    pixels: (index) => {
      if (bits === 1) return unpacked(bytes, index * size, size);
      if (bits === 8) return bytes.subarray(index * size, (index + 1) * size);
      // A copy, as the pixels may begin at an odd byte.
      return new Uint16Array(bytes.slice(index * size * 2, (index + 1) * size * 2).buffer);
    },
  };
}

function frameOf(own: DataSet, shared: DataSet | null, index: number): SegFrame {
  const group = (tag: string) => firstItem(own, tag) ?? (shared && firstItem(shared, tag));
  const position = group("x00209113");
  const orientation = group("x00209116");
  return {
    index,
    segment: group("x0062000a")?.uint16("x0062000b") ?? 0,
    source: sourceOf(own),
    position: toPoint(numbers(position, "x00200032", 3)),
    orientation: numbers(orientation, "x00200037", 6),
  };
}

function sourceOf(own: DataSet): SegFrame["source"] {
  const images = itemsOf(own, "x00089124").flatMap((item) => itemsOf(item, "x00082112"));
  const sopInstanceUid = images[0]?.string("x00081155");
  // A frame made from several images lies on none of them for certain.
  if (images.length !== 1 || sopInstanceUid === undefined) return null;
  return { sopInstanceUid, frame: images[0]?.intString("x00081160") ?? 1 };
}

function numbers(data: DataSet | null, tag: string, count: number): number[] | null {
  if (data === null || data.elements[tag] === undefined) return null;
  const values = Array.from({ length: count }, (_, at) => data.floatString(tag, at) ?? Number.NaN);
  return values.every(Number.isFinite) ? values : null;
}

/** `size` bits from bit `start`, lowest first: frames may end in the middle of a byte. */
export function unpacked(bytes: Uint8Array, start: number, size: number): Uint8Array {
  const values = new Uint8Array(size);
  for (let at = 0; at < size; at++) {
    const bit = start + at;
    values[at] = ((bytes[bit >> 3] as number) >> (bit & 7)) & 1;
  }
  return values;
}
