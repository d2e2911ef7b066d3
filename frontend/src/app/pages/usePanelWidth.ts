import { type KeyboardEvent, type PointerEvent, useState } from "react";

const KEY = "synoptic.panel-width";
const NARROWEST = 320;
const WIDEST = 720;
const USUAL = 420;
const STEP = 24;

const bounded = (width: number) => Math.min(WIDEST, Math.max(NARROWEST, width));

function remembered(): number {
  return bounded(Number(localStorage.getItem(KEY)) || USUAL);
}

/** The width of the side panel, dragged or moved with the arrow keys, and remembered. */
export function usePanelWidth() {
  const [width, setWidth] = useState(remembered);

  function change(next: number): void {
    setWidth(bounded(next));
    localStorage.setItem(KEY, String(bounded(next)));
  }

  const handle = {
    role: "separator",
    tabIndex: 0,
    "aria-orientation": "vertical" as const,
    "aria-label": "Width of the panel",
    "aria-valuenow": width,
    "aria-valuemin": NARROWEST,
    "aria-valuemax": WIDEST,
    onPointerDown(event: PointerEvent<HTMLElement>): void {
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove(event: PointerEvent<HTMLElement>): void {
      if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
      change(window.innerWidth - event.clientX);
    },
    onKeyDown(event: KeyboardEvent): void {
      if (event.key === "ArrowLeft") change(width + STEP);
      if (event.key === "ArrowRight") change(width - STEP);
    },
  };

  return { width, handle };
}
