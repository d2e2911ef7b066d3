import { describe, expect, it } from "vitest";
import { frameFailureReason } from "./frameLoader";
import { ownAddress, tableOf } from "./palette";
import { realStatistics, roiLines, setUnits } from "./roiText";
import { stepFor } from "./wholeNumbers";

describe("colour tables", () => {
  it("are read as bytes or as little-endian words", () => {
    const bytes = new Uint8Array([1, 2, 255, 0]);
    expect(tableOf(bytes, 8)).toEqual([1, 2, 255, 0]);
    expect(tableOf(bytes, 16)).toEqual([513, 255]);
  });

  it("are fetched by our own route, whatever the archive calls itself", () => {
    expect(ownAddress("http://localhost/dicom-web/studies/1/bulk/2", "http://us/dicomweb")).toBe(
      "http://us/dicomweb/studies/1/bulk/2",
    );
  });
});

describe("fractional grey values", () => {
  it("keep whole numbers where the range is wide, finer steps where it is not", () => {
    expect(stepFor(20_576)).toBe(1);
    const fine = stepFor(2.5);
    expect(2.5 / fine).toBeGreaterThanOrEqual(4096);
    expect(stepFor(0)).toBe(1);
  });
});

describe("failures of a frame", () => {
  it("say what the server or the decoder said", () => {
    expect(frameFailureReason({ error: { status: 500 } })).toContain("status 500");
    expect(frameFailureReason({ status: 0 })).toContain("cannot be reached");
    expect(frameFailureReason(new Error("unsupported pixel format"))).toContain("unsupported");
  });
});

describe("region statistics", () => {
  it("are given in Hounsfield units where the voxels are stored values", () => {
    setUnits("volume-9", { rescale: () => ({ slope: 2, intercept: -1000 }), modality: "CT" });
    const statistics = { area: 12.5, mean: 520, stdDev: 5, min: 500, max: 540 };
    expect(realStatistics(statistics, "volumeId:volume-9")).toEqual({
      mean: 40,
      stdDev: 10,
      min: 0,
      max: 80,
      area: 12.5,
      unit: "HU",
    });
    const [first, , area] = roiLines(
      { cachedStats: { "volumeId:volume-9": statistics } },
      "volumeId:volume-9",
    );
    expect(first).toBe("Mean 40.0 HU   SD 10.0");
    expect(area).toBe("Area 12.5 mm²");
  });

  it("show nothing before they are computed", () => {
    expect(roiLines({ cachedStats: { a: {} } }, "a")).toEqual([]);
  });
});
