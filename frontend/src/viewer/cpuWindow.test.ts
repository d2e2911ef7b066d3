import { expect, it } from "vitest";
import { makeCpuWindow } from "./cpuWindow";

it("gives each view a camera of its own without a WebGL context", () => {
  const cpuWindow = makeCpuWindow();
  cpuWindow.addRenderer({ id: "axial" });
  cpuWindow.addRenderer({ id: "coronal" });
  const cameras = ["axial", "coronal"].map((id) => cpuWindow.getRenderer(id)?.getActiveCamera());
  cameras[0]?.setParallelProjection(true);
  expect(cameras.map((camera) => camera?.getParallelProjection())).toEqual([true, false]);

  cpuWindow.removeRenderer("axial");
  expect(cpuWindow.getRenderers().map(({ id }) => id)).toEqual(["coronal"]);
  cpuWindow.delete();
  expect(cpuWindow.getRenderers()).toEqual([]);
});
