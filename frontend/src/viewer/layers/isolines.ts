/** Lines of equal value in a plane, by marching squares (d3-contour). */

import { contours } from "d3-contour";
import type { PlaneValues } from "./resample";

/** A line in pixels of the view; closed unless it was cut where the values end. */
export type Line = readonly (readonly [x: number, y: number])[];

/**
 * The lines along which the values cross `level`. Where the volume ends inside the high part, the
 * line stays open: its border is no line of equal value.
 */
export function isolines(plane: PlaneValues, level: number): Line[] {
  const { columns, rows, step, left, top } = plane;
  const found = contours().size([columns, rows]).contour(finite(plane.values), level);
  const isBorder = ([x = 0, y = 0]: readonly number[]) =>
    x <= 0 || y <= 0 || x >= columns || y >= rows;
  const lines: Line[] = [];
  for (const ring of found.coordinates.flat()) {
    let line: [number, number][] = [];
    let isPreviousBorder = false;
    for (const point of ring) {
      const isOnBorder = isBorder(point);
      if (isOnBorder && isPreviousBorder) {
        if (line.length > 1) lines.push(line);
        line = [];
      }
      line.push([((point[0] ?? 0) + left) * step, ((point[1] ?? 0) + top) * step]);
      isPreviousBorder = isOnBorder;
    }
    if (line.length > 1) lines.push(line);
  }
  return lines;
}

/** d3-contour would lose itself in not-a-number; what lies outside is lower than any level. */
function finite(values: Float32Array): number[] {
  return Array.from(values, (value) => (Number.isNaN(value) ? Number.MIN_SAFE_INTEGER : value));
}
