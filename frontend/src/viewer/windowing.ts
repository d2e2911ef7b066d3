/** Window (centre and width) in real units, presets, and the change to stored voxel values. */

export interface Window {
  readonly center: number;
  readonly width: number;
}

export interface Range {
  readonly lower: number;
  readonly upper: number;
}

/** Rescale of the series: real = stored * slope + intercept. */
export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
}

export interface WindowPreset {
  readonly id: string;
  readonly title: string;
  /** A fixed window in Hounsfield units, or one taken from the voxels' own distribution. */
  readonly window: Window | "auto" | "narrow" | "wide" | "file";
}

const CT_PRESETS: readonly WindowPreset[] = [
  { id: "brain", title: "Brain", window: { center: 40, width: 80 } },
  { id: "bone", title: "Bone", window: { center: 500, width: 2000 } },
  { id: "lung", title: "Lung", window: { center: -600, width: 1500 } },
  { id: "soft", title: "Soft tissue", window: { center: 50, width: 400 } },
  { id: "subdural", title: "Subdural", window: { center: 80, width: 200 } },
  { id: "stroke", title: "Stroke", window: { center: 35, width: 35 } },
];

const DISTRIBUTION_PRESETS: readonly WindowPreset[] = [
  { id: "auto", title: "Auto (2–98 %)", window: "auto" },
  { id: "narrow", title: "More contrast", window: "narrow" },
  { id: "wide", title: "Less contrast", window: "wide" },
];

const FROM_FILE: WindowPreset = { id: "file", title: "As stored", window: "file" };

export function presetsFor(modality: string, hasStoredWindow: boolean): readonly WindowPreset[] {
  const own = modality === "CT" ? CT_PRESETS : DISTRIBUTION_PRESETS;
  const file = hasStoredWindow ? [FROM_FILE] : [];
  const auto = modality === "CT" ? DISTRIBUTION_PRESETS.slice(0, 1) : [];
  return [...own, ...auto, ...file];
}

/** Linear window (DICOM PS3.3 C.11.2.1.3.2, exact variant) as a range of stored values. */
export function toStoredRange(window: Window, rescale: Rescale): Range {
  const slope = rescale.slope === 0 ? 1 : rescale.slope;
  const ends = [window.center - window.width / 2, window.center + window.width / 2].map(
    (value) => (value - rescale.intercept) / slope,
  ) as [number, number];
  return { lower: Math.min(...ends), upper: Math.max(...ends) };
}

export function toRealWindow(range: Range, rescale: Rescale): Window {
  const lower = range.lower * rescale.slope + rescale.intercept;
  const upper = range.upper * rescale.slope + rescale.intercept;
  return { center: (lower + upper) / 2, width: Math.abs(upper - lower) };
}

/**
 * Range between two percentiles of the voxels, from a sample of at most 50,000 of them. Voxels
 * equal to the smallest value are left out: in MR they are air and would pull the window down.
 */
export function percentileRange(
  values: ArrayLike<number>,
  low: number,
  high: number,
): Range | null {
  const step = Math.max(1, Math.ceil(values.length / 50_000));
  const sample = new Float64Array(Math.ceil(values.length / step));
  for (let at = 0; at < sample.length; at++) sample[at] = values[at * step] as number;
  // Typed arrays sort by value, not-a-number last.
  sample.sort();
  const smallest = sample[0] as number;
  const inside = sample.filter((value) => value > smallest);
  if (inside.length === 0) return null;
  const at = (fraction: number) =>
    inside[Math.min(inside.length - 1, Math.floor(fraction * inside.length))] as number;
  const lower = at(low);
  const upper = at(high);
  return upper > lower ? { lower, upper } : { lower: smallest, upper: Math.max(upper, lower) };
}

const PERCENTILES = {
  auto: [0.02, 0.98],
  narrow: [0.15, 0.9],
  wide: [0, 1],
} as const;

/** The stored range a preset stands for, or null where it cannot be told. */
export function presetRange(
  preset: WindowPreset,
  rescale: Rescale,
  stored: Window | null,
  voxels: ArrayLike<number> | null,
): Range | null {
  if (preset.window === "file") return stored === null ? null : toStoredRange(stored, rescale);
  if (typeof preset.window === "object") return toStoredRange(preset.window, rescale);
  const [low, high] = PERCENTILES[preset.window];
  return voxels === null ? null : percentileRange(voxels, low, high);
}

/** Unit of the real values of a series. */
export function unitOf(modality: string): string {
  return modality === "CT" ? "HU" : "";
}
