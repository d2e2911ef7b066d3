/** Region statistics in real units: the voxels in memory are stored values. */

import { type Rescale, unitOf } from "./windowing";

interface ImageUnits {
  /** Asked each time: that of a stack is known with its first frame. */
  readonly rescale: () => Rescale;
  readonly modality: string;
}

/** By what Cornerstone's target ids contain: the volume's id, or the series of a stack. */
const units = new Map<string, ImageUnits>();

export function setUnits(id: string, of: ImageUnits): void {
  units.set(id, of);
}

export function forgetUnits(id: string): void {
  units.delete(id);
}

/** What Cornerstone keeps per region; all but the area are absent until the voxels are read. */
export interface RoiStatistics {
  readonly area?: number;
  readonly mean?: number;
  readonly stdDev?: number;
  readonly min?: number;
  readonly max?: number;
  readonly modalityUnit?: string;
}

export interface RealStatistics {
  readonly mean: number;
  readonly stdDev: number;
  readonly min: number;
  readonly max: number;
  /** mm². */
  readonly area: number;
  readonly unit: string;
}

export function realStatistics(statistics: RoiStatistics, targetId: string): RealStatistics | null {
  const { area, mean, stdDev, min, max } = statistics;
  if (area === undefined || mean === undefined || min === undefined || max === undefined) {
    return null;
  }
  const key = [...units.keys()].find((id) => targetId.includes(id));
  const found = key === undefined ? undefined : units.get(key);
  const { slope, intercept } = found?.rescale() ?? { slope: 1, intercept: 0 };
  const stored = statistics.modalityUnit ?? "";
  return {
    mean: mean * slope + intercept,
    stdDev: (stdDev ?? 0) * Math.abs(slope),
    min: min * slope + intercept,
    max: max * slope + intercept,
    area,
    unit: found === undefined ? stored.replace("raw", "") : unitOf(found.modality),
  };
}

/** Cornerstone's hook for the text beside an ellipse. */
export function roiLines(
  data: { readonly cachedStats?: Record<string, RoiStatistics> },
  targetId: string,
): string[] {
  const statistics = data.cachedStats?.[targetId];
  const real = statistics === undefined ? null : realStatistics(statistics, targetId);
  if (real === null) return [];
  const unit = real.unit === "" ? "" : ` ${real.unit}`;
  return [
    `Mean ${real.mean.toFixed(1)}${unit}   SD ${real.stdDev.toFixed(1)}`,
    `Min ${real.min.toFixed(0)}   Max ${real.max.toFixed(0)}`,
    `Area ${real.area.toFixed(1)} mm²`,
  ];
}
