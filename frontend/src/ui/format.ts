/** How names, dates, times and amounts are written. Every time carries its zone or unit. */

/** DICOM `Family^Given^Middle^Prefix^Suffix` as "Family, Given Middle". */
export function personName(raw: string): string {
  const [family = "", given = "", middle = ""] = (raw.split("=")[0] ?? "").split("^");
  const first = [given, middle].filter(Boolean).join(" ");
  const name = [family, first].filter(Boolean).join(", ");
  return name.trim() || "No name";
}

/** A DICOM or ISO date as YYYY-MM-DD; it has no zone: it is the scanner's calendar. */
export function calendarDate(raw: string | null): string {
  if (!raw) return "No date";
  const digits = /^(\d{4})-?(\d{2})-?(\d{2})/.exec(raw);
  return digits ? `${digits[1]}-${digits[2]}-${digits[3]}` : raw;
}

/** A DICOM or ISO time of day as HH:MM. */
export function clockTime(raw: string | null): string {
  const digits = raw ? /^(\d{2}):?(\d{2})/.exec(raw) : null;
  return digits ? `${digits[1]}:${digits[2]}` : "";
}

const INSTANT = new Intl.DateTimeFormat("en-GB", {
  day: "2-digit",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
});

/** An instant in the reader's own zone, which is named. */
export function instant(iso: string): string {
  return INSTANT.format(new Date(iso));
}

const DAY_MS = 86_400_000;

/** Age in whole years on a day, from DICOM or ISO dates; empty where either is unknown. */
export function ageOn(birth: string | null, day: string | null): string {
  if (!birth || !day) return "";
  const [from, to] = [calendarDate(birth), calendarDate(day)];
  const years = Number(to.slice(0, 4)) - Number(from.slice(0, 4));
  const age = to.slice(5) < from.slice(5) ? years - 1 : years;
  return Number.isFinite(age) && age >= 0 && age < 150 ? `${age} y` : "";
}

/** The time between two studies, in the largest fitting unit. */
export function interval(earlier: string | null, later: string | null): string {
  if (!earlier || !later) return "";
  const days = (Date.parse(calendarDate(later)) - Date.parse(calendarDate(earlier))) / DAY_MS;
  if (!Number.isFinite(days)) return "";
  const amount = Math.abs(days);
  const side = days >= 0 ? "earlier" : "later";
  if (amount < 1) return "same day";
  if (amount < 60) return `${Math.round(amount)} d ${side}`;
  if (amount < 730) return `${Math.round(amount / 30.44)} months ${side}`;
  return `${(amount / 365.25).toFixed(1)} years ${side}`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

export function bytes(amount: number): string {
  let value = amount;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

export function seconds(amount: number): string {
  if (amount < 10) return `${amount.toFixed(1)} s`;
  if (amount < 100) return `${Math.round(amount)} s`;
  const minutes = Math.floor(amount / 60);
  return `${minutes} min ${Math.round(amount - minutes * 60)} s`;
}

export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount.toLocaleString("en")} ${amount === 1 ? one : many}`;
}

const SEXES: Record<string, string> = { M: "male", F: "female", O: "other" };

export function sexName(code: string): string {
  return SEXES[code] ?? "";
}
