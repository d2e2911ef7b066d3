/** One structure being drawn by hand on the shown image, with its undo steps. */

import { isInside, scaleAdd } from "../geometry";
import type { LoadedSeries } from "../loadedSeries";
import type { Pane } from "../pane";
import { createStore, type Store } from "../store";
import type { DrawnStructure, PointLps } from "../types";
import { cssColour, pixelOf, type Rgb } from "./colours";
import { drawPlane } from "./compose";
import { strokeLines } from "./drawLines";
import { isolines } from "./isolines";
import {
  base64Of,
  interpolated,
  onGrid,
  paintDisc,
  runsOf,
  strokePoints,
  volumeMl,
  withMargin,
} from "./maskEdit";
import type { Scene } from "./planCanvas";
import { type ScalarVolume, samplePlane, stepFor } from "./resample";

export interface DrawingState {
  readonly isOpen: boolean;
  readonly tool: "brush" | "eraser";
  readonly radiusMm: number;
  readonly volumeMl: number;
  readonly undoSteps: number;
  /** The image that is drawn on. */
  readonly seriesUid: string | null;
}

const CLOSED: DrawingState = {
  isOpen: false,
  tool: "brush",
  radiusMm: 8,
  volumeMl: 0,
  undoSteps: 0,
  seriesUid: null,
};

const MOST_UNDO = 12;
const SAMPLES = 60_000;
const COLOUR: Rgb = [90, 230, 255];

export interface Drawing {
  readonly state: Store<DrawingState>;
  /** Begins with nothing, or with a structure that is there. */
  readonly begin: (from: ScalarVolume | null) => void;
  readonly close: () => void;
  readonly undo: () => void;
  readonly interpolate: () => void;
  readonly grow: (millimetres: number) => void;
  /** What the server keeps; null while there is nothing drawn. */
  readonly finished: (
    name: string,
    type: DrawnStructure["interpreted_type"],
  ) => DrawnStructure | null;
  /** Takes the pointer over a transverse view. */
  readonly attach: (pane: Pane, element: HTMLElement) => () => void;
  readonly draw: (scene: Scene) => void;
}

export function makeDrawing(loaded: () => LoadedSeries | null, redraw: () => void): Drawing {
  const state = createStore<DrawingState>(CLOSED);
  let mask: Uint8Array | null = null;
  let undo: Uint8Array[] = [];

  const grid = () => {
    const series = loaded();
    return series?.series.series_uid === state.get().seriesUid ? (series?.grid ?? null) : null;
  };

  const changed = () => {
    const on = grid();
    state.set({
      undoSteps: undo.length,
      volumeMl: mask === null || on === null ? 0 : volumeMl(mask, on),
    });
    redraw();
  };

  const keep = () => {
    if (mask !== null) undo = [...undo.slice(1 - MOST_UNDO), mask.slice()];
  };

  const replace = (
    make: (old: Uint8Array, on: NonNullable<ReturnType<typeof grid>>) => Uint8Array,
  ) => {
    const on = grid();
    if (mask === null || on === null) return;
    keep();
    mask = make(mask, on);
    changed();
  };

  const paint = (from: PointLps, to: PointLps) => {
    const on = grid();
    if (mask === null || on === null) return;
    const { tool, radiusMm } = state.get();
    for (const point of strokePoints(from, to, Math.max(0.5, radiusMm / 3))) {
      paintDisc(mask, on, point, radiusMm, tool === "brush" ? 1 : 0);
    }
    redraw();
  };

  return {
    state,
    begin: (from) => {
      const series = loaded();
      if (series?.grid == null) return;
      const [columns, rows, slices] = series.grid.dimensions;
      mask = from === null ? new Uint8Array(columns * rows * slices) : onGrid(from, series.grid);
      undo = [];
      state.set({ isOpen: true, seriesUid: series.series.series_uid });
      changed();
    },
    close: () => {
      mask = null;
      undo = [];
      state.set({ isOpen: false, seriesUid: null });
      changed();
    },
    undo: () => {
      mask = undo.at(-1) ?? mask;
      undo = undo.slice(0, -1);
      changed();
    },
    interpolate: () => replace(interpolated),
    grow: (millimetres) => replace((old, on) => withMargin(old, on, millimetres)),
    finished: (name, interpreted_type) => {
      if (mask === null || !mask.includes(1)) return null;
      return { name, interpreted_type, colour: [...COLOUR], runs: base64Of(runsOf(mask)) };
    },
    attach: (pane, element) => {
      if (pane.id !== "axial") return () => undefined;
      let last: PointLps | null = null;
      const worldOf = (event: PointerEvent): PointLps | null => {
        const view = pane.view();
        if (view === null) return null;
        const box = element.getBoundingClientRect();
        const [x, y] = [event.clientX - box.left - 0.5, event.clientY - box.top - 0.5];
        return scaleAdd(scaleAdd(view.topLeft, view.perColumn, x), view.perRow, y);
      };
      const down = (event: PointerEvent) => {
        const on = grid();
        const world = worldOf(event);
        if (event.button !== 0 || !state.get().isOpen || on === null || world === null) return;
        if (!isInside(on, world)) return;
        keep();
        last = world;
        element.setPointerCapture(event.pointerId);
        paint(world, world);
      };
      const move = (event: PointerEvent) => {
        const world = last === null ? null : worldOf(event);
        if (world === null || last === null) return;
        paint(last, world);
        last = world;
      };
      const up = () => {
        if (last === null) return;
        last = null;
        changed();
      };
      // The tools of the images listen to the mouse: while drawing, the left button is the brush's.
      const hold = (event: MouseEvent) => {
        if (event.button === 0 && state.get().isOpen) event.stopImmediatePropagation();
      };
      const listeners = [
        ["pointerdown", down],
        ["pointermove", move],
        ["pointerup", up],
        ["pointercancel", up],
        ["mousedown", hold],
      ] as [string, EventListener][];
      for (const [name, listener] of listeners) element.addEventListener(name, listener, true);
      return () => {
        for (const [name, listener] of listeners) element.removeEventListener(name, listener, true);
      };
    },
    draw: (scene) => {
      const on = grid();
      if (mask === null || on === null) return;
      const { context, view, size } = scene;
      const volume: ScalarVolume = { grid: on, values: mask, slope: 1, intercept: 0 };
      const step = stepFor(size.width, size.height, SAMPLES);
      const plane = samplePlane(volume, view, size.width, size.height, step);
      if (plane === null) return;
      const fill = pixelOf(COLOUR, 0.28);
      drawPlane(context, plane, (value) => (value >= 0.5 ? fill : 0), "drawing");
      strokeLines(context, isolines(plane, 0.5), cssColour(COLOUR), 2);
    },
  };
}
