/** Draws a plane of a label map: nearest voxel, filled, with a firm line along borders. */

import type { Segment } from "./api";
import { type Grid, vectorToIndex, worldToIndex } from "./geometry";
import type { PointLps } from "./types";

export interface LabelMap {
  readonly grid: Grid;
  /** FreeSurfer ids in slice order, 0 where there is none. */
  readonly labels: Uint16Array;
}

/** Where the view lies: the centre of its first pixel and the step to the next, in LPS mm. */
export interface ViewPlane {
  readonly topLeft: PointLps;
  readonly perColumn: PointLps;
  readonly perRow: PointLps;
}

export interface LabelLook {
  readonly opacity: number;
  readonly hidden: ReadonlySet<number>;
  readonly highlighted: number | null;
  /** 0 to 1: how strongly the highlighted structure glows. */
  readonly glow: number;
}

/** Pixel values (ABGR, as ImageData lies in memory) of each label, inside and on its border. */
export interface LabelColours {
  readonly fill: Uint32Array;
  readonly edge: Uint32Array;
}

const MUTED = 0.35;
const EDGE_GAIN = 1.8;

export function labelColours(segments: readonly Segment[], look: LabelLook): LabelColours {
  const size = segments.reduce((most, one) => Math.max(most, labelOf(one)), 0) + 1;
  const fill = new Uint32Array(size);
  const edge = new Uint32Array(size);
  for (const segment of segments) {
    const label = labelOf(segment);
    if (look.hidden.has(label)) continue;
    const isHighlighted = label === look.highlighted;
    const weight = look.highlighted === null || isHighlighted ? 1 : MUTED;
    const alpha = isHighlighted
      ? Math.min(1, Math.max(look.opacity, 0.35) + 0.4 * look.glow)
      : look.opacity * weight;
    fill[label] = pack(segment.color, alpha);
    const edgeAlpha = isHighlighted ? 1 : Math.min(1, alpha * EDGE_GAIN);
    const towardsWhite = isHighlighted ? 0.35 + 0.5 * look.glow : 0;
    edge[label] = pack(
      segment.color.map((c) => c + (255 - c) * towardsWhite),
      edgeAlpha,
    );
  }
  return { fill, edge };
}

/** Turns around the colour circle by the golden angle: neighbours in a list differ most. */
const HUE_STEP = 137.508;

/** Segments stored without colours all come in one: tell them apart. */
export function withDistinctColours(segments: readonly Segment[]): readonly Segment[] {
  const colours = new Set(segments.map((segment) => segment.color.join()));
  if (segments.length < 2 || colours.size > 1) return segments;
  return segments.map((segment, at) => ({ ...segment, color: ofHue(45 + at * HUE_STEP) }));
}

function ofHue(degrees: number): number[] {
  return [0, 8, 4].map((offset) => {
    const k = (offset + degrees / 30) % 12;
    return Math.round(255 * (0.6 - 0.4 * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  });
}

/** The voxel value of a segment: its FreeSurfer id, or its number where it has none. */
export function labelOf(segment: Segment): number {
  return segment.structure_label ?? segment.number;
}

function pack(color: readonly number[], alpha: number): number {
  const [r = 0, g = 0, b = 0] = color.map((value) => Math.max(0, Math.min(255, Math.round(value))));
  const a = Math.round(Math.max(0, Math.min(1, alpha)) * 255);
  return ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** First and last column whose sample lies inside the map, or null where none does. */
export function insideColumns(
  start: PointLps,
  step: PointLps,
  grid: Grid,
  width: number,
): [number, number] | null {
  let from = 0;
  let to = width - 1;
  for (const axis of [0, 1, 2] as const) {
    const low = -0.5 - start[axis];
    const high = grid.dimensions[axis] - 0.5 - start[axis];
    const delta = step[axis];
    if (Math.abs(delta) < 1e-9) {
      if (low > 0 || high <= 0) return null;
      continue;
    }
    const ends = [low / delta, high / delta] as const;
    // A hair inside, so that rounding never reads the neighbouring row.
    from = Math.max(from, Math.ceil(Math.min(...ends) + 1e-6));
    to = Math.min(to, Math.floor(Math.max(...ends) - 1e-6));
  }
  return from <= to ? [from, to] : null;
}

/**
 * Fills `out` (width x height pixels). `step` draws every pixel by default; borders are found
 * against the left and upper neighbour, so they are one pixel wide at any zoom.
 */
export function paintLabels(
  out: Uint32Array,
  width: number,
  height: number,
  map: LabelMap,
  view: ViewPlane,
  colours: LabelColours,
): void {
  out.fill(0);
  const { grid, labels } = map;
  const [columns, rows] = grid.dimensions;
  const plane = columns * rows;
  const first = worldToIndex(grid, view.topLeft);
  const right = vectorToIndex(grid, view.perColumn);
  const down = vectorToIndex(grid, view.perRow);
  const above = new Uint16Array(width);
  const known = colours.fill.length;
  for (let y = 0; y < height; y++) {
    const start: PointLps = [
      first[0] + down[0] * y,
      first[1] + down[1] * y,
      first[2] + down[2] * y,
    ];
    const span = insideColumns(start, right, grid, width);
    if (span === null) {
      above.fill(0);
      continue;
    }
    const [from, to] = span;
    let left = 0;
    for (let x = from; x <= to; x++) {
      const i = Math.round(start[0] + right[0] * x);
      const j = Math.round(start[1] + right[1] * x);
      const k = Math.round(start[2] + right[2] * x);
      const label = labels[k * plane + j * columns + i] as number;
      if (label !== 0 && label < known) {
        const isEdge = label !== left || label !== above[x];
        out[y * width + x] = (isEdge ? colours.edge[label] : colours.fill[label]) as number;
      }
      left = label;
      above[x] = label;
    }
  }
}
