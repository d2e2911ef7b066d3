import { expect, it } from "vitest";
import type { HeaderElement } from "@/api/instances";
import { contentTree, reportMarks } from "./reportTree";

function element(keyword: string, value: HeaderElement["value"]): HeaderElement {
  return { tag: "", vr: "", keyword, value };
}

const code = (meaning: string) => [[element("CodeMeaning", meaning)]];

const SENTENCE = [
  element("ValueType", "TEXT"),
  element("ConceptNameCodeSequence", code("Finding")),
  element("TextValue", "The left hippocampus measures 3.8 ml."),
];

const VOLUME = [
  element("ValueType", "NUM"),
  element("ConceptNameCodeSequence", code("Volume")),
  element("MeasuredValueSequence", [
    [element("NumericValue", "3.8"), element("MeasurementUnitsCodeSequence", code("milliliter"))],
  ]),
];

const REPORT = [
  element("ConceptNameCodeSequence", code("Imaging Report")),
  element("CompletionFlag", "PARTIAL"),
  element("VerificationFlag", "UNVERIFIED"),
  element("ContentSequence", [
    [
      element("ValueType", "CONTAINER"),
      element("ConceptNameCodeSequence", code("Findings")),
      element("ContentSequence", [SENTENCE, VOLUME]),
    ],
  ]),
];

it("reads sections, sentences and measured values", () => {
  expect(contentTree(REPORT)).toEqual([
    {
      name: "Findings",
      value: "",
      children: [
        { name: "Finding", value: "The left hippocampus measures 3.8 ml.", children: [] },
        { name: "Volume", value: "3.8 milliliter", children: [] },
      ],
    },
  ]);
});

it("reads the marks of a draft", () => {
  expect(reportMarks(REPORT)).toEqual({
    title: "Imaging Report",
    completion: "PARTIAL",
    verification: "UNVERIFIED",
  });
});
