import type { Line } from "./isolines";

/** Draws lines in one colour on a dark edge. */
export function strokeLines(
  context: CanvasRenderingContext2D,
  lines: readonly Line[],
  colour: string,
  width: number,
): void {
  if (lines.length === 0) return;
  context.beginPath();
  for (const line of lines) {
    for (const [at, [x, y]] of line.entries()) {
      if (at === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
  }
  context.lineJoin = "round";
  // A dark line below keeps every colour readable on bone and on air.
  context.strokeStyle = "rgb(0 0 0 / 55%)";
  context.lineWidth = width + 1.5;
  context.stroke();
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}
