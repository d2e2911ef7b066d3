/** Cumulative dose-volume histograms: curves, the band of the uncertainty, and reading off. */
import type { Dvh, Structure } from "@/api/planning";

export interface CurvePoint {
  gray: number;
  percent: number;
}

/** All curves of one structure. */
export interface StructureDvh {
  name: string;
  colour: string;
  volumeMl: number | null;
  isTruncated: boolean;
  curves: Partial<Record<Dvh["dose"], readonly CurvePoint[]>>;
}

export function byStructure(dvh: readonly Dvh[], structures: readonly Structure[]): StructureDvh[] {
  const names = [...new Set(dvh.map(({ structure }) => structure))];
  return names.map((name) => {
    const structure = structures.find((one) => one.name === name);
    const own = dvh.filter((curve) => curve.structure === name);
    return {
      name,
      colour: readable(structure?.colour ?? [200, 200, 200]),
      volumeMl: structure?.volume_ml ?? null,
      isTruncated: structure?.truncated ?? false,
      curves: Object.fromEntries(own.map((curve) => [curve.dose, pointsOf(curve)])),
    };
  });
}

function pointsOf({ dose_gy, volume_percent }: Dvh): CurvePoint[] {
  return dose_gy.map((gray, at) => ({ gray, percent: volume_percent[at] ?? 0 }));
}

const DARK = 120;

/** A structure's colour, made lighter where it would vanish on the dark page. */
export function readable(colour: readonly number[]): string {
  const [red = 0, green = 0, blue = 0] = colour;
  const light = 0.299 * red + 0.587 * green + 0.114 * blue;
  const share = light >= DARK ? 0 : (DARK - light) / (255 - light);
  const lifted = [red, green, blue].map((value) => Math.round(value + (255 - value) * share));
  return `rgb(${lifted.join(" ")})`;
}

/** Percent of the volume that gets at least a dose; between points linearly. */
export function volumeAt(curve: readonly CurvePoint[], gray: number): number {
  const first = curve[0];
  if (first === undefined) return 0;
  if (gray <= first.gray) return first.percent;
  for (let at = 1; at < curve.length; at++) {
    const [low, high] = [curve[at - 1] as CurvePoint, curve[at] as CurvePoint];
    if (gray > high.gray) continue;
    const share = high.gray === low.gray ? 1 : (gray - low.gray) / (high.gray - low.gray);
    return low.percent + (high.percent - low.percent) * share;
  }
  return 0;
}

/** The dose axis ends a little above the highest dose that anything gets. */
export function highestDose(all: readonly StructureDvh[], prescriptionGy: number | null): number {
  const ends = all.flatMap(({ curves }) =>
    Object.values(curves).map((curve) => curve.at(-1)?.gray ?? 0),
  );
  return Math.max(...ends, (prescriptionGy ?? 0) * 1.1, 1) * 1.02;
}

/** The outline between the curves of the lower and the upper bound: there, then back. */
export function bandOf({ curves }: StructureDvh): readonly CurvePoint[] | null {
  const { lower, upper } = curves;
  if (lower === undefined || upper === undefined) return null;
  return [...lower, ...upper.toReversed()];
}

/** Per dose, the lowest and highest volume that the bounds of the image allow. */
export function bandAt({ curves }: StructureDvh, gray: number): [number, number] | null {
  const { lower, upper } = curves;
  if (lower === undefined || upper === undefined) return null;
  const ends = [volumeAt(lower, gray), volumeAt(upper, gray)];
  return [Math.min(...ends), Math.max(...ends)];
}
