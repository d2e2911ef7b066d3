/** Lays the frames of a segmentation on the single images that they were drawn on. */

import { ViewerError } from "./api";
import { cross, type Grid, length, subtract, type Vec3 } from "./geometry";
import type { LabelMap } from "./labelPaint";
import type { SegFile, SegFrame } from "./segFile";

/** One image of a stack: its place, and its size in pixels. */
export interface StackImage {
  readonly imageId: string;
  readonly sopInstanceUid: string;
  readonly frame: number;
  readonly grid: Grid;
  /** False where the file says nothing of its place in the patient. */
  readonly isPlaced: boolean;
}

export interface StackLabels {
  /** By image id; images that no frame lies on have none. */
  readonly maps: ReadonlyMap<string, LabelMap>;
  /** Frames that lie on none of the images. */
  readonly strayFrames: number;
}

/** Positions are written with few decimals. */
const SAME_PLACE_MM = 0.1;
const SAME_DIRECTION = 1e-3;

export function layOnStack(
  seg: SegFile,
  images: readonly StackImage[],
  labelOf: (segment: number) => number,
): StackLabels {
  const maps = new Map<string, LabelMap>();
  let strayFrames = 0;
  // Where segments overlap, the one with the highest number is seen.
  for (const frame of [...seg.frames].sort((a, b) => a.segment - b.segment)) {
    const under = images.filter((one) => liesOn(frame, seg, one));
    if (under.length === 0) strayFrames += 1;
    for (const image of under) {
      const map = maps.get(image.imageId) ?? emptyMap(image.grid);
      maps.set(image.imageId, map);
      draw(map.labels, seg.pixels(frame.index), frame.segment, labelOf);
    }
  }
  if (maps.size === 0) {
    throw new ViewerError(
      "overlay_elsewhere",
      "This segmentation cannot be laid over these images: none of its frames lies on one of them.",
    );
  }
  return { maps, strayFrames };
}

function emptyMap(grid: Grid): LabelMap {
  return { grid, labels: new Uint16Array(grid.dimensions[0] * grid.dimensions[1]) };
}

function draw(
  labels: Uint16Array,
  pixels: ArrayLike<number>,
  segment: number,
  labelOf: (segment: number) => number,
): void {
  for (let at = 0; at < labels.length; at++) {
    const value = pixels[at] as number;
    if (value > 0) labels[at] = labelOf(segment === 0 ? value : segment);
  }
}

/** By place where both have one, else by the image that the frame names. */
function liesOn(frame: SegFrame, seg: SegFile, image: StackImage): boolean {
  const [columns, rows] = image.grid.dimensions;
  if (rows !== seg.rows || columns !== seg.columns) return false;
  const { source, position, orientation } = frame;
  const isNamed =
    source !== null &&
    source.sopInstanceUid === image.sopInstanceUid &&
    source.frame === image.frame;
  if (source !== null && !isNamed) return false;
  if (!image.isPlaced || position === null || orientation === null) return isNamed;
  return isSamePlane(image.grid, position, orientation);
}

function isSamePlane(grid: Grid, position: Vec3, orientation: readonly number[]): boolean {
  const turned = orientation.some(
    (value, at) => Math.abs(value - (grid.direction[at] ?? 0)) > SAME_DIRECTION,
  );
  return !turned && length(subtract(position, grid.origin)) < SAME_PLACE_MM;
}

/** The image on which a structure is largest, or null where it is on none. */
export function largestOn({ maps }: StackLabels, label: number): string | null {
  let largest = 0;
  let found: string | null = null;
  for (const [imageId, map] of maps) {
    const size = map.labels.reduce((sum, value) => sum + (value === label ? 1 : 0), 0);
    if (size > largest) [largest, found] = [size, imageId];
  }
  return found;
}

/** A grid of one slice from what an image says of its plane. */
export function gridOfPlane(plane: ImagePlane): Grid {
  const row: Vec3 = plane.rowCosines ?? [1, 0, 0];
  const column: Vec3 = plane.columnCosines ?? [0, 1, 0];
  return {
    dimensions: [plane.columns, plane.rows, 1],
    spacing: [plane.columnPixelSpacing || 1, plane.rowPixelSpacing || 1, 1],
    origin: plane.imagePositionPatient ?? [0, 0, 0],
    direction: [...row, ...column, ...cross(row, column)],
  };
}

/** Cornerstone's `imagePlaneModule`. */
export interface ImagePlane {
  readonly rows: number;
  readonly columns: number;
  readonly rowCosines: Vec3 | null;
  readonly columnCosines: Vec3 | null;
  readonly rowPixelSpacing: number | null;
  readonly columnPixelSpacing: number | null;
  readonly imagePositionPatient: Vec3 | null;
}
