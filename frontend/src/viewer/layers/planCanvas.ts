/** A canvas over one pane on which the layers of a plan are drawn. */

import type { ViewPlane } from "../labelPaint";

export interface ViewSize {
  readonly width: number;
  readonly height: number;
}

/** One view to be drawn in. */
export interface Scene {
  readonly context: CanvasRenderingContext2D;
  readonly view: ViewPlane;
  readonly size: ViewSize;
  readonly pointer: readonly [number, number] | null;
}

export type PaintLayers = (scene: Scene) => void;

export interface PlanCanvas {
  /** Where the pointer is over it, in pixels. */
  readonly pointer: () => readonly [number, number] | null;
  readonly draw: (view: ViewPlane | null, paint: PaintLayers | null) => void;
  readonly remove: () => void;
}

export function makePlanCanvas(host: HTMLElement, onPointer: () => void): PlanCanvas {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  canvas.dataset.layer = "plan";
  canvas.style.cssText = "position:absolute;inset:0;width:100%;height:100%;pointer-events:none";
  host.append(canvas);
  const context = canvas.getContext("2d");
  let pointer: [number, number] | null = null;
  let frame: number | null = null;
  const tell = () => {
    // Pointers move oftener than the screen draws.
    frame ??= requestAnimationFrame(() => {
      frame = null;
      onPointer();
    });
  };
  const moved = (event: PointerEvent) => {
    const box = host.getBoundingClientRect();
    pointer = [event.clientX - box.left, event.clientY - box.top];
    tell();
  };
  const left = () => {
    pointer = null;
    tell();
  };
  host.addEventListener("pointermove", moved);
  host.addEventListener("pointerleave", left);
  return {
    pointer: () => pointer,
    draw: (view, paint) => {
      if (context === null) return;
      const { clientWidth: width, clientHeight: height } = host;
      if (view === null || paint === null || width === 0 || height === 0) {
        if (canvas.width > 0) canvas.width = 0;
        return;
      }
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
      }
      context.clearRect(0, 0, width, height);
      paint({ context, view, size: { width, height }, pointer });
    },
    remove: () => {
      if (frame !== null) cancelAnimationFrame(frame);
      host.removeEventListener("pointermove", moved);
      host.removeEventListener("pointerleave", left);
      canvas.remove();
    },
  };
}
