/** Colours of dose, differences, γ and uncertainty; lines and wash of the dose share one table. */

export type Rgb = readonly [red: number, green: number, blue: number];

export interface IsodoseLevel {
  /** Percent of the prescription. */
  readonly percent: number;
  readonly colour: Rgb;
}

/** Highest first, as the legend lists them. */
export const ISODOSES: readonly IsodoseLevel[] = [
  { percent: 105, colour: [255, 92, 214] },
  { percent: 100, colour: [255, 84, 74] },
  { percent: 95, colour: [255, 152, 56] },
  { percent: 90, colour: [255, 214, 72] },
  { percent: 80, colour: [150, 226, 84] },
  { percent: 70, colour: [60, 214, 170] },
  { percent: 50, colour: [66, 178, 255] },
  { percent: 30, colour: [92, 124, 255] },
  { percent: 20, colour: [156, 134, 255] },
];

interface Stop {
  readonly at: number;
  readonly colour: Rgb;
}

const DOSE_STOPS: readonly Stop[] = ISODOSES.map(({ percent, colour }) => ({
  at: percent,
  colour,
})).toReversed();

/** Blue below, red above, see-through at zero. */
const DIVERGING: readonly Stop[] = [
  { at: -1, colour: [60, 120, 255] },
  { at: 0, colour: [235, 235, 235] },
  { at: 1, colour: [255, 70, 60] },
];

/** From dark violet to pale yellow, evenly lighter (after matplotlib's "inferno"). */
const RISING: readonly Stop[] = [
  { at: 0, colour: [40, 11, 84] },
  { at: 0.25, colour: [120, 28, 109] },
  { at: 0.5, colour: [203, 65, 73] },
  { at: 0.75, colour: [251, 154, 6] },
  { at: 1, colour: [252, 255, 164] },
];

/** γ up to 1 passes (green), above it fails (yellow to red). */
const GAMMA: readonly Stop[] = [
  { at: 0, colour: [24, 96, 70] },
  { at: 0.99, colour: [120, 210, 120] },
  { at: 1, colour: [255, 214, 72] },
  { at: 2, colour: [255, 64, 64] },
];

function between(stops: readonly Stop[], value: number): Rgb {
  const above = stops.findIndex((stop) => stop.at >= value);
  if (above === 0) return (stops[0] as Stop).colour;
  if (above < 0) return (stops.at(-1) as Stop).colour;
  const low = stops[above - 1] as Stop;
  const high = stops[above] as Stop;
  const share = (value - low.at) / (high.at - low.at);
  const mix = (a: number, b: number) => Math.round(a + (b - a) * share);
  return [
    mix(low.colour[0], high.colour[0]),
    mix(low.colour[1], high.colour[1]),
    mix(low.colour[2], high.colour[2]),
  ];
}

/** A pixel as ImageData keeps it on little-endian machines (ABGR); 0 is see-through. */
export function pixelOf([red, green, blue]: Rgb, alpha: number): number {
  const a = Math.round(Math.max(0, Math.min(1, alpha)) * 255);
  return ((a << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** What colour a real value gets. Not-a-number is never asked for. */
export type Colouring = (value: number) => number;

/** The dose wash: nothing below the threshold (percent of the prescription, in Gy given). */
export function doseColouring(
  prescriptionGy: number,
  thresholdPercent: number,
  opacity: number,
): Colouring {
  const table = tableOf((percent) => pixelOf(between(DOSE_STOPS, percent), opacity), 0, 120);
  return (gray) => {
    const percent = (gray / prescriptionGy) * 100;
    return percent < thresholdPercent ? 0 : table(percent);
  };
}

/** More opaque the farther from zero; `range` takes the full colour. */
export function differenceColouring(range: number, opacity: number): Colouring {
  const paint = (share: number) => {
    const size = Math.abs(share);
    return size < 0.04 ? 0 : pixelOf(between(DIVERGING, share), opacity * Math.min(1, size * 1.6));
  };
  const table = tableOf(paint, -1, 1);
  return (value) => table(value / range);
}

export function risingColouring(most: number, opacity: number): Colouring {
  const table = tableOf((share) => pixelOf(between(RISING, share), opacity), 0, 1);
  return (value) => table(value / most);
}

/** Blue below, red above; nothing is painted on what has hardly changed, not even grey. */
export function signedColouring(range: number, opacity: number): Colouring {
  const [low, , high] = DIVERGING.map(({ colour }) => colour) as [Rgb, Rgb, Rgb];
  const paint = (share: number) => {
    const size = Math.abs(share);
    return size < 0.08 ? 0 : pixelOf(share < 0 ? low : high, opacity * Math.min(1, size * 1.4));
  };
  const table = tableOf(paint, -1, 1);
  return (value) => table(value / range);
}

/** As rising, but see-through near nothing, and the more opaque the higher. */
export function shareColouring(most: number, opacity: number): Colouring {
  const paint = (share: number) =>
    share < 0.05 ? 0 : pixelOf(between(RISING, share), opacity * Math.min(1, 0.35 + share));
  const table = tableOf(paint, 0, 1);
  return (value) => table(value / most);
}

export function gammaColouring(opacity: number): Colouring {
  return tableOf((gamma) => (gamma <= 0 ? 0 : pixelOf(between(GAMMA, gamma), opacity)), 0, 2);
}

/** A grey window; the whole of the second image is opaque and mixed by the canvas. */
export function greyColouring(lower: number, upper: number): Colouring {
  const span = upper - lower || 1;
  const paint = (share: number) => {
    const grey = Math.round(share * 255);
    return pixelOf([grey, grey, grey], 1);
  };
  const table = tableOf(paint, 0, 1);
  return (value) => table((value - lower) / span);
}

const TABLE_SIZE = 512;

function tableOf(paint: Colouring, low: number, high: number): Colouring {
  const table = new Uint32Array(TABLE_SIZE);
  for (let at = 0; at < TABLE_SIZE; at++) {
    table[at] = paint(low + ((high - low) * at) / (TABLE_SIZE - 1));
  }
  const scale = (TABLE_SIZE - 1) / (high - low);
  return (value) => {
    const at = Math.round((value - low) * scale);
    return table[at < 0 ? 0 : at >= TABLE_SIZE ? TABLE_SIZE - 1 : at] as number;
  };
}

export const cssColour = ([red, green, blue]: Rgb): string => `rgb(${red} ${green} ${blue})`;

/** The colour map as a CSS gradient, for legends. */
export function gradientOf(map: "difference" | "signed" | "rising" | "gamma"): string {
  if (map === "signed") {
    const [low, , high] = DIVERGING.map(({ colour }) => cssColour(colour));
    return `linear-gradient(to right, ${low}, transparent, ${high})`;
  }
  const stops = { difference: DIVERGING, rising: RISING, gamma: GAMMA }[map];
  const first = stops[0]?.at ?? 0;
  const span = (stops.at(-1)?.at ?? 1) - first;
  const written = stops.map(
    ({ at, colour }) => `${cssColour(colour)} ${Math.round(((at - first) / span) * 100)}%`,
  );
  return `linear-gradient(to right, ${written.join(", ")})`;
}
