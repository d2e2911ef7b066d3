import type { StudySort } from "@/api/studies";

export interface Column {
  key: string;
  title: string;
  /** The API's sort field, where the column can be sorted. */
  sort?: "patient_name" | "study_date" | "received_at";
  /** Dates are read newest first. */
  descendingFirst?: boolean;
}

export const COLUMNS: readonly Column[] = [
  { key: "patient", title: "Patient", sort: "patient_name" },
  { key: "study", title: "Study" },
  { key: "modality", title: "Modality" },
  { key: "date", title: "Study date", sort: "study_date", descendingFirst: true },
  { key: "size", title: "Series / images" },
  { key: "received", title: "Received", sort: "received_at", descendingFirst: true },
  { key: "status", title: "Status" },
];

export function directionOf(column: Column, sort: StudySort): "ascending" | "descending" | "none" {
  if (column.sort === undefined || sort.replace(/^-/, "") !== column.sort) return "none";
  return sort.startsWith("-") ? "descending" : "ascending";
}

/** The sort after a click on the column's heading. */
export function nextSort(column: Column, sort: StudySort): StudySort {
  if (column.sort === undefined) return sort;
  const direction = directionOf(column, sort);
  const descending = direction === "none" ? column.descendingFirst : direction === "ascending";
  return descending ? `-${column.sort}` : column.sort;
}
