/** A metrics file as a tree of rows: every file has its own form. */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What can be shown in one cell; null for what needs a table of its own. */
export function leafText(value: Json): string | null {
  if (value === null) return "–";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : figure(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) {
    const texts = value.map(leafText);
    return texts.every((text) => text !== null) ? texts.join(", ") : null;
  }
  return Object.keys(value).length === 0 ? "–" : null;
}

function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** The columns of an object whose values are objects of leaves with the same keys; else null. */
export function columnsOf(value: Json): string[] | null {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  const rows = Object.values(value);
  const first = rows[0];
  if (rows.length < 2 || !isObject(first)) return null;
  const columns = Object.keys(first);
  const alike = rows.every(
    (row) =>
      isObject(row) &&
      Object.keys(row).length === columns.length &&
      columns.every((column) => column in row && leafText(row[column] ?? null) !== null),
  );
  return alike && columns.length > 0 ? columns : null;
}

export function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const keyTitle = (key: string): string => key.replaceAll("_", " ");
