import { describe, expect, it } from "vitest";
import { columnsOf, leafText } from "./metricsTree";

describe("a metrics file", () => {
  it("shows leaves and lists of leaves in one cell", () => {
    expect(leafText(0.83651)).toBe("0.8365");
    expect(leafText(7174)).toBe("7174");
    expect(leafText([1, 2.5, "a", true])).toBe("1, 2.5, a, yes");
    expect([leafText(null), leafText({})]).toEqual(["–", "–"]);
    expect(leafText({ a: 1 })).toBeNull();
    expect(leafText([{ a: 1 }])).toBeNull();
  });

  it("shows alike rows as one table", () => {
    const alike = { cortex: { mean: 0.8, sd: 0.1 }, thalamus: { mean: 0.9, sd: 0.1 } };
    expect(columnsOf(alike)).toEqual(["mean", "sd"]);
    expect(columnsOf({ ...alike, eye: { mean: 0.9 } })).toBeNull();
    expect(
      columnsOf({ cortex: { mean: { left: 1 } }, thalamus: { mean: { left: 1 } } }),
    ).toBeNull();
    expect(columnsOf({ one: { mean: 1 } })).toBeNull();
    expect(columnsOf([1, 2])).toBeNull();
  });
});
