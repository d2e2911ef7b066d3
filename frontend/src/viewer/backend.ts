/** Which renderer to use: Cornerstone's CPU renderer is three times faster than software WebGL. */

export type RenderBackend = "cpu" | "gpu";

/** WebGL renderers that run on the processor (SwiftShader, Mesa's llvmpipe, Windows' WARP). */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|microsoft basic render|warp/i;

export function backendOf(renderer: string | null): RenderBackend {
  return renderer === null || SOFTWARE.test(renderer) ? "cpu" : "gpu";
}

/** The WebGL2 renderer's name, or null where there is no WebGL2. */
export function probeRenderer(): string | null {
  const canvas = document.createElement("canvas");
  const gl = canvas.getContext("webgl2");
  if (gl === null) return null;
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer: unknown = gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER);
  // Browsers allow few contexts at once: give this one back.
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return String(renderer);
}

const OVERRIDE_KEY = "synoptic.viewer.backend";

/** A person can force a backend where a driver misbehaves (local storage, "cpu" or "gpu"). */
export function chooseBackend(): RenderBackend {
  const override = window.localStorage.getItem(OVERRIDE_KEY);
  const renderer = probeRenderer();
  if (override === "cpu" || (override === "gpu" && renderer !== null)) return override;
  return backendOf(renderer);
}
