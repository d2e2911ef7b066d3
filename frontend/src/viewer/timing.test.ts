import { beforeEach, describe, expect, it } from "vitest";
import { makeTiming, markName } from "./timing";

const has = (moment: "opened" | "first-image" | "complete") =>
  performance.getEntriesByName(markName(moment)).length > 0;

describe("timing of a series", () => {
  beforeEach(() => performance.clearMarks());

  it("does not take a black pane for a first image", () => {
    const timing = makeTiming();
    timing.begin();
    timing.drawn("axial");
    expect(has("opened")).toBe(true);
    expect(has("first-image")).toBe(false);
    timing.arrived();
    timing.drawn("axial");
    expect(has("first-image")).toBe(true);
  });

  it("is complete when every pane was drawn after the last voxel", () => {
    const timing = makeTiming();
    timing.begin();
    timing.arrived();
    timing.drawn("axial");
    timing.completed(["axial", "coronal"]);
    timing.drawn("axial");
    expect(has("complete")).toBe(false);
    timing.drawn("coronal");
    expect(has("complete")).toBe(true);
  });

  it("starts anew with the next series", () => {
    const timing = makeTiming();
    timing.begin();
    timing.arrived();
    timing.completed(["axial"]);
    timing.drawn("axial");
    timing.begin();
    expect(has("complete")).toBe(false);
  });
});
