/** Starts Cornerstone once per page and makes viewports. */

import {
  Enums,
  init as initCore,
  RenderingEngine,
  type Types,
  utilities,
} from "@cornerstonejs/core";
import { init as initImageLoader } from "@cornerstonejs/dicom-image-loader";
import { init as initTools } from "@cornerstonejs/tools";
import { chooseBackend, type RenderBackend } from "./backend";
import { attachCpuWindow, drawWithoutWindow } from "./cpuWindow";
import { registerFrameLoader } from "./frameLoader";
import { provideMetadata } from "./imageMetadata";
import { registerTools } from "./tools";

/** `planarNext`: one viewport type for stacks and volumes, on the CPU and on the GPU. */
export type Viewport = InstanceType<typeof import("@cornerstonejs/core").PlanarViewport>;

let started: RenderBackend | null = null;

/** A volume that is still arriving is drawn at most this often. */
export const REDRAW_INTERVAL_MS = 250;

export function startCornerstone(): RenderBackend {
  if (started !== null) return started;
  const backend = chooseBackend();
  initCore({
    debug: {},
    rendering: {
      useCPURendering: backend === "cpu",
      // Without WebGL there is nothing to make; see cpuWindow.ts.
      webGlContextCount: backend === "cpu" ? 0 : 3,
      planar: {
        renderBackend: backend,
        cpuVolume: {
          // Cut the voxels' own plane and let the canvas scale it: as fast in a large pane as in a
          // small one, and panning or zooming samples nothing anew.
          useViewportSamplingForLinear: false,
          // The loader asks seldom enough itself, and wants its last request drawn at once.
          volumeModifiedThrottleMs: 0,
        },
      },
    },
  });
  initImageLoader({ maxWebWorkers: Math.min(4, Math.max(1, navigator.hardwareConcurrency - 1)) });
  registerFrameLoader();
  initTools();
  provideMetadata();
  registerTools();
  started = backend;
  return backend;
}

let engineCount = 0;

export function makeEngine(): RenderingEngine {
  engineCount += 1;
  const engine = new RenderingEngine(`synoptic-${engineCount}`);
  if (started === "cpu") attachCpuWindow(engine);
  return engine;
}

export function enableViewport(
  engine: RenderingEngine,
  viewportId: string,
  element: HTMLDivElement,
  orientation: Enums.OrientationAxis | undefined,
): Viewport {
  engine.enableElement({
    viewportId,
    element,
    type: Enums.ViewportType.PLANAR_NEXT,
    defaultOptions: {
      background: [0, 0, 0] as Types.Point3,
      ...(orientation === undefined ? {} : { orientation }),
    },
  });
  const viewport = engine.getViewport(viewportId) as unknown as Viewport;
  if (started === "cpu") drawWithoutWindow(viewport);
  return viewport;
}

/** Names a set of images so that viewports can show it. */
export function registerDisplaySet(
  displaySetId: string,
  imageIds: readonly string[],
  volumeId: string | null,
): void {
  utilities.genericViewportDisplaySetMetadataProvider.add(displaySetId, {
    kind: "planar",
    imageIds: [...imageIds],
    initialImageIdIndex: Math.floor(imageIds.length / 2),
    ...(volumeId === null ? {} : { volumeId }),
  });
}

export function forgetDisplaySet(displaySetId: string): void {
  utilities.genericViewportDisplaySetMetadataProvider.remove(displaySetId);
}
