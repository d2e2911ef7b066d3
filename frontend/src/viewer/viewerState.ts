/** What the viewer's parts share and show. */

import type { Segment } from "./api";
import type { RenderBackend } from "./backend";
import type { Plane } from "./geometry";
import type { ToolId } from "./tools";
import type { Range, Rescale, Window, WindowPreset } from "./windowing";

export type Layout = "one" | "three" | "four";
export type PaneId = Plane | "stack";

export interface Failure {
  readonly code: string;
  readonly message: string;
}

export interface ViewerState {
  readonly status: "empty" | "loading" | "ready" | "failed";
  readonly mode: "volume" | "stack" | null;
  readonly backend: RenderBackend;
  /** 0 to 1 while voxels or frames arrive, null when all are there. */
  readonly progress: number | null;
  readonly failure: Failure | null;
  /** Something to know that does not stop the reading, e.g. why planes are not offered. */
  readonly notice: string | null;
  readonly tool: ToolId;
  readonly layout: Layout;
  /** The pane that keys and the "one" layout act on. */
  readonly activePane: PaneId;
  readonly presets: readonly WindowPreset[];
  readonly presetId: string | null;
  /** Stored values; null until it is known. */
  readonly range: Range | null;
  readonly window: Window | null;
  readonly unit: string;
  readonly rescale: Rescale;
  readonly isColour: boolean;
  readonly isInverted: boolean;
  readonly isCrosshairShown: boolean;
  readonly cine: { readonly isPlaying: boolean; readonly framesPerSecond: number };
  readonly selectedMeasurementId: string | null;
  readonly isHeaderShown: boolean;
}

export function initialState(backend: RenderBackend): ViewerState {
  return {
    status: "empty",
    mode: null,
    backend,
    progress: null,
    failure: null,
    notice: null,
    tool: "window",
    layout: "three",
    activePane: "axial",
    presets: [],
    presetId: null,
    range: null,
    window: null,
    unit: "",
    rescale: { slope: 1, intercept: 0 },
    isColour: false,
    isInverted: false,
    isCrosshairShown: true,
    cine: { isPlaying: false, framesPerSecond: 12 },
    selectedMeasurementId: null,
    isHeaderShown: false,
  };
}

export interface OverlayState {
  readonly status: "none" | "loading" | "ready" | "failed";
  readonly failure: string | null;
  /** What of the segmentation cannot be seen here. */
  readonly notice: string | null;
  readonly segments: readonly Segment[];
  readonly opacity: number;
  readonly isShown: boolean;
  readonly hidden: ReadonlySet<number>;
  readonly highlighted: number | null;
}

export const NO_OVERLAY: OverlayState = {
  status: "none",
  failure: null,
  notice: null,
  segments: [],
  opacity: 0.35,
  isShown: true,
  hidden: new Set(),
  highlighted: null,
};

/** What one pane writes over its image. */
export interface PaneInfo {
  readonly isDrawn: boolean;
  readonly sliceIndex: number;
  readonly sliceCount: number;
  readonly position: string | null;
  readonly letters: {
    readonly top: string;
    readonly right: string;
    readonly bottom: string;
    readonly left: string;
  } | null;
  readonly millimetresPerPixel: number | null;
  readonly zoom: number;
  readonly imageId: string | null;
  readonly failure: string | null;
}

export const EMPTY_PANE: PaneInfo = {
  isDrawn: false,
  sliceIndex: 0,
  sliceCount: 0,
  position: null,
  letters: null,
  millimetresPerPixel: null,
  zoom: 1,
  imageId: null,
  failure: null,
};
