import type { HeaderElement } from "./api";

const LONGEST = 400;

export function valueText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(valueText).join(" \\ ");
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** Elements in which every word of the query is found, in name, tag or value. */
export function filterHeader(
  elements: readonly HeaderElement[],
  query: string,
): readonly HeaderElement[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return elements;
  return elements.filter((element) => {
    const text = `${element.keyword} ${element.tag} ${element.vr} ${valueText(element.value)}`;
    const lower = text.toLowerCase();
    return words.every((word) => lower.includes(word));
  });
}
