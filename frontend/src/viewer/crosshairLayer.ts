/** The lines where the other planes cut this one, with a gap around the point itself. */

import type { PaneId } from "./viewerState";

const SVG = "http://www.w3.org/2000/svg";
const GAP = 14;

/** Each plane has a colour; its line is drawn in it wherever the plane is seen edge on. */
export const PLANE_COLOUR: Record<PaneId, string> = {
  axial: "#f0716b",
  sagittal: "#e8c75a",
  coronal: "#63c99b",
  stack: "#9fb2c8",
};

/** Which plane a horizontal and a vertical line stand for in each pane. */
const CUTS: Record<PaneId, { readonly horizontal: PaneId; readonly vertical: PaneId }> = {
  axial: { horizontal: "coronal", vertical: "sagittal" },
  sagittal: { horizontal: "axial", vertical: "coronal" },
  coronal: { horizontal: "axial", vertical: "sagittal" },
  stack: { horizontal: "stack", vertical: "stack" },
};

export interface CrosshairLayer {
  readonly draw: (point: readonly [number, number] | null, isOnSlice: boolean) => void;
  readonly remove: () => void;
}

export function makeCrosshairLayer(host: HTMLElement, pane: PaneId): CrosshairLayer {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true");
  svg.style.cssText = "position:absolute;inset:0;width:100%;height:100%;pointer-events:none";
  const cuts = CUTS[pane];
  const lines = [cuts.horizontal, cuts.horizontal, cuts.vertical, cuts.vertical].map((plane) => {
    const line = document.createElementNS(SVG, "line");
    line.setAttribute("stroke", PLANE_COLOUR[plane]);
    line.setAttribute("stroke-width", "1");
    line.setAttribute("stroke-opacity", "0.75");
    line.setAttribute("shape-rendering", "crispEdges");
    svg.append(line);
    return line;
  });
  host.append(svg);
  return {
    draw: (point, isOnSlice) => {
      svg.style.display = point === null ? "none" : "";
      if (point === null) return;
      const [x, y] = point;
      const { clientWidth: width, clientHeight: height } = host;
      const ends: [number, number, number, number][] = [
        [0, y, x - GAP, y],
        [x + GAP, y, width, y],
        [x, 0, x, y - GAP],
        [x, y + GAP, x, height],
      ];
      for (const [index, line] of lines.entries()) {
        const [x1, y1, x2, y2] = ends[index] as [number, number, number, number];
        for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) {
          line.setAttribute(name, value.toFixed(1));
        }
        line.setAttribute("stroke-dasharray", isOnSlice ? "" : "4 4");
      }
    },
    remove: () => svg.remove(),
  };
}
