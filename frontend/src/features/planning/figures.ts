/** How doses and other figures of a plan are written. */

/** Two decimals for doses, one for the rest; a true minus; a dash where there is none. */
export function figureText(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return "–";
  const digits = unit === "Gy" || unit === "" || unit === "1" ? 2 : 1;
  const text = value.toFixed(digits).replace("-", "−");
  return unit === "" || unit === "1" ? text : `${text} ${unit}`;
}

/** How far a value lies from the plan's own, in percent of it. */
export function changeText(value: number | null | undefined, of: number | null): string {
  if (value == null || of === null || of === 0) return "–";
  const percent = (100 * (value - of)) / of;
  return `${percent > 0 ? "+" : ""}${percent.toFixed(1).replace("-", "−")} %`;
}
