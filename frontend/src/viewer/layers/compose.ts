/** Paints sampled planes: as colours, mixed with the image below, in squares, or under a lens. */

import type { Colouring } from "./colours";
import type { PlaneValues } from "./resample";

/** One pixel for each sample; see-through where there is no value. */
export function paintPlane(plane: PlaneValues, colouring: Colouring): Uint32Array {
  const pixels = new Uint32Array(plane.values.length);
  for (let at = 0; at < pixels.length; at++) {
    const value = plane.values[at] as number;
    if (!Number.isNaN(value)) pixels[at] = colouring(value);
  }
  return pixels;
}

/** `a` minus `b` where both have a value. The planes come from one view and one step. */
export function subtractPlanes(a: PlaneValues, b: PlaneValues): PlaneValues {
  const values = new Float32Array(a.values.length).fill(Number.NaN);
  for (let row = 0; row < a.rows; row++) {
    const other = row + a.top - b.top;
    if (other < 0 || other >= b.rows) continue;
    for (let column = 0; column < a.columns; column++) {
      const at = column + a.left - b.left;
      if (at < 0 || at >= b.columns) continue;
      values[row * a.columns + column] =
        (a.values[row * a.columns + column] as number) -
        (b.values[other * b.columns + at] as number);
    }
  }
  return { ...a, values };
}

export const CHECKER_PX = 48;
export const LENS_PX = 84;

/** Squares of the view that show the second image, as rectangles in pixels. */
export function checkerSquares(width: number, height: number): [number, number, number, number][] {
  const squares: [number, number, number, number][] = [];
  for (let row = 0; row * CHECKER_PX < height; row++) {
    for (let column = row % 2; column * CHECKER_PX < width; column += 2) {
      squares.push([column * CHECKER_PX, row * CHECKER_PX, CHECKER_PX, CHECKER_PX]);
    }
  }
  return squares;
}

const scratch = new Map<string, HTMLCanvasElement>();

/** Draws a painted plane where it lies in the view, smoothly enlarged. */
export function drawPlane(
  context: CanvasRenderingContext2D,
  plane: PlaneValues,
  colouring: Colouring,
  slot: string,
): void {
  const small = scratch.get(slot) ?? document.createElement("canvas");
  scratch.set(slot, small);
  small.width = plane.columns;
  small.height = plane.rows;
  const inner = small.getContext("2d");
  if (inner === null) return;
  const image = inner.createImageData(plane.columns, plane.rows);
  new Uint32Array(image.data.buffer).set(paintPlane(plane, colouring));
  inner.putImageData(image, 0, 0);
  const { left, top, columns, rows, step } = plane;
  context.drawImage(small, left * step, top * step, columns * step, rows * step);
}
