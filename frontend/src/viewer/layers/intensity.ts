/** Grey values of two MR beside each other: each scanner has a scale of its own. */

import { percentileRange, type Range } from "../windowing";
import type { ScalarVolume } from "./resample";

/** The grey values between which most of an image lies, real units; looked for once. */
export function usualRange(volume: ScalarVolume): Range | null {
  const known = ranges.get(volume.values);
  if (known !== undefined) return known;
  const stored = percentileRange(volume.values, 0.02, 0.98);
  if (stored === null) return null;
  const { slope, intercept } = volume;
  const range = {
    lower: stored.lower * slope + intercept,
    upper: stored.upper * slope + intercept,
  };
  ranges.set(volume.values, range);
  return range;
}

const ranges = new WeakMap<object, Range>();

/** The window of one image carried over to the other: the same share of its usual values. */
export function carriedWindow(window: Range, from: Range, to: Range): Range {
  const share = (value: number) => (value - from.lower) / (from.upper - from.lower || 1);
  const value = (of: number) => to.lower + of * (to.upper - to.lower);
  return { lower: value(share(window.lower)), upper: value(share(window.upper)) };
}

/** The image with its usual values from 0 to 1. */
export function scaledTo(volume: ScalarVolume, range: Range): ScalarVolume {
  const span = range.upper - range.lower || 1;
  return {
    ...volume,
    slope: volume.slope / span,
    intercept: (volume.intercept - range.lower) / span,
  };
}
