/** Reading of sequences and numbers from a parsed DICOM file. */

import type { DataSet } from "dicom-parser";

export function itemsOf(data: DataSet, tag: string): DataSet[] {
  return (data.elements[tag]?.items ?? []).flatMap((item) => item.dataSet ?? []);
}

export function firstItem(data: DataSet, tag: string): DataSet | null {
  return itemsOf(data, tag)[0] ?? null;
}

/** All values of a decimal string; empty where one of them is no number. */
export function numbersOf(data: DataSet | null, tag: string): number[] {
  const text = data?.string(tag);
  if (!text) return [];
  const values = text.split("\\").map(Number);
  return values.every(Number.isFinite) ? values : [];
}
