/**
 * Drawing without WebGL. Cornerstone 5.14 draws on the processor, but takes each view's camera from
 * a vtk.js renderer inside a WebGL window, and making that window fails where there is no WebGL.
 * This window has the renderers and nothing else; with it no context is asked for at all.
 */

import type { RenderingEngine } from "@cornerstonejs/core";
import vtkRenderer from "@kitware/vtk.js/Rendering/Core/Renderer";
import type { Viewport } from "./engine";

type Renderer = ReturnType<typeof vtkRenderer.newInstance>;

/** What Cornerstone's context pool asks of a window while the processor draws. */
interface CpuWindow {
  readonly addRenderer: (wanted: { readonly id: string }) => void;
  readonly getRenderer: (id: string) => Renderer | undefined;
  readonly getRenderers: () => readonly { readonly id: string; readonly renderer: Renderer }[];
  readonly removeRenderer: (id: string) => void;
  readonly resize: () => void;
  readonly delete: () => void;
}

/** The private parts of Cornerstone's engine that hold its windows. */
interface EngineInside {
  readonly _implementation: {
    readonly ensureContextPool: () => {
      readonly contexts: CpuWindow[];
      readonly offScreenCanvasContainers: HTMLElement[];
    };
  };
}

export function makeCpuWindow(): CpuWindow {
  const renderers = new Map<string, Renderer>();
  const removeRenderer = (id: string) => {
    renderers.get(id)?.delete();
    renderers.delete(id);
  };
  return {
    addRenderer: ({ id }) => void renderers.set(id, vtkRenderer.newInstance()),
    getRenderer: (id) => renderers.get(id),
    getRenderers: () => [...renderers].map(([id, renderer]) => ({ id, renderer })),
    removeRenderer,
    resize: () => undefined,
    delete: () => [...renderers.keys()].forEach(removeRenderer),
  };
}

/** Gives an engine whose pool was configured to be empty its one window. */
export function attachCpuWindow(engine: RenderingEngine): void {
  const pool = (engine as unknown as EngineInside)._implementation.ensureContextPool();
  pool.contexts.push(makeCpuWindow());
  pool.offScreenCanvasContainers.push(document.createElement("div"));
}

/** Has the engine ask the view itself to draw, where it would copy from the window. */
export function drawWithoutWindow(viewport: Viewport): void {
  Object.assign(viewport, {
    getUseCustomRenderingPipeline: () => true,
    customRenderViewportToCanvas: () => viewport.render(),
  });
}
