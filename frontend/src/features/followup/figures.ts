/** How volumes, changes and days are written. */

const minus = (text: string): string => text.replace("-", "−");

export function millilitres(value: number | null | undefined): string {
  if (value == null) return "–";
  return `${minus(value.toFixed(Math.abs(value) < 10 ? 2 : 1))} mL`;
}

/** With its sign; "+0.0" and "−0.0" are no change. */
export function signedPercent(value: number | null | undefined): string {
  if (value == null) return "–";
  const text = value.toFixed(1);
  if (Number(text) === 0) return "0.0 %";
  return `${value > 0 ? "+" : ""}${minus(text)} %`;
}

export function share(value: number | null | undefined): string {
  return value == null ? "–" : `${Math.round(value * 100)} %`;
}

export function figureText(value: number | null | undefined, unit = ""): string {
  if (value == null) return "–";
  const text = minus(String(Number(value.toPrecision(3))));
  return unit === "" ? text : `${text} ${unit}`;
}

export function daysText(days: number | null | undefined): string {
  if (days == null) return "time between not known";
  if (Math.abs(days) < 60) return `${days} days`;
  const months = days / 30.44;
  return `${days} days (${minus(months.toFixed(1))} months)`;
}
