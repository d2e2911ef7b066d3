import { describe, expect, it } from "vitest";
import { filterHeader, valueText } from "./headerText";

const ELEMENTS = [
  { tag: "0008,0060", vr: "CS", keyword: "Modality", value: "MR" },
  { tag: "0018,0081", vr: "DS", keyword: "EchoTime", value: "2.98" },
  { tag: "0018,0080", vr: "DS", keyword: "RepetitionTime", value: "2300" },
];

describe("the header search", () => {
  it("finds names, tags and values, all words needed", () => {
    expect(filterHeader(ELEMENTS, "echo").length).toBe(1);
    expect(filterHeader(ELEMENTS, "0018 time").length).toBe(2);
    expect(filterHeader(ELEMENTS, "time 2300")[0]?.keyword).toBe("RepetitionTime");
    expect(filterHeader(ELEMENTS, "nothing")).toEqual([]);
    expect(filterHeader(ELEMENTS, "  ")).toBe(ELEMENTS);
  });

  it("writes values as DICOM does and cuts endless ones", () => {
    expect(valueText([1, 2, 3])).toBe("1 \\ 2 \\ 3");
    expect(valueText(null)).toBe("");
    expect(valueText("x".repeat(1000)).length).toBeLessThan(500);
  });
});
