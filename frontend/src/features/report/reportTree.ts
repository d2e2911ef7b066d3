/** The content tree of a DICOM structured report, out of its header (PS3.3 C.17.3). */
import type { HeaderElement } from "@/api/instances";

export interface ContentItem {
  name: string;
  value: string;
  children: ContentItem[];
}

type Items = readonly HeaderElement[];

function text(items: Items, keyword: string): string {
  const value = items.find((one) => one.keyword === keyword)?.value;
  return typeof value === "string" ? value : "";
}

function sequence(items: Items, keyword: string): HeaderElement[][] {
  const value = items.find((one) => one.keyword === keyword)?.value;
  return Array.isArray(value) ? value : [];
}

function meaning(items: Items, keyword: string): string {
  const [code = []] = sequence(items, keyword);
  return text(code, "CodeMeaning");
}

function measured(items: Items): string {
  const [value = []] = sequence(items, "MeasuredValueSequence");
  const unit = meaning(value, "MeasurementUnitsCodeSequence");
  return `${text(value, "NumericValue")} ${unit}`.trim();
}

function contentOf(items: Items): string {
  switch (text(items, "ValueType")) {
    case "TEXT":
      return text(items, "TextValue");
    case "CODE":
      return meaning(items, "ConceptCodeSequence");
    case "NUM":
      return measured(items);
    case "PNAME":
      return text(items, "PersonName");
    case "UIDREF":
      return text(items, "UID");
    case "DATETIME":
      return text(items, "DateTime");
    default:
      return "";
  }
}

export function contentTree(items: Items): ContentItem[] {
  return sequence(items, "ContentSequence").map((item) => ({
    name: meaning(item, "ConceptNameCodeSequence") || text(item, "ValueType"),
    value: contentOf(item),
    children: contentTree(item),
  }));
}

export interface ReportMarks {
  title: string;
  completion: string;
  verification: string;
}

export function reportMarks(items: Items): ReportMarks {
  return {
    title: meaning(items, "ConceptNameCodeSequence"),
    completion: text(items, "CompletionFlag"),
    verification: text(items, "VerificationFlag"),
  };
}
