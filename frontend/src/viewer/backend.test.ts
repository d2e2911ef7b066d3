import { describe, expect, it } from "vitest";
import { backendOf } from "./backend";

describe("the renderer", () => {
  it.each([
    "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)",
    "llvmpipe (LLVM 15.0.6, 256 bits)",
    "ANGLE (Microsoft, Microsoft Basic Render Driver Direct3D11 vs_5_0 ps_5_0)",
  ])("draws on the processor where WebGL runs there anyway: %s", (renderer) => {
    expect(backendOf(renderer)).toBe("cpu");
  });

  it.each([
    "ANGLE (NVIDIA, NVIDIA GeForce RTX 4070 Direct3D11 vs_5_0 ps_5_0, D3D11)",
    "Apple GPU",
    "Mesa Intel(R) UHD Graphics 620 (KBL GT2)",
  ])("draws on the graphics card: %s", (renderer) => {
    expect(backendOf(renderer)).toBe("gpu");
  });

  it("draws on the processor where there is no WebGL", () => {
    expect(backendOf(null)).toBe("cpu");
  });
});
