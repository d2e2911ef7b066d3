import type { Series } from "@/api/types";
import { count } from "@/ui/format";

export function seriesTitle(series: Series): string {
  return series.description || `${series.modality} series ${series.number ?? ""}`.trim();
}

const KIND_NAMES: Record<Series["kind"], string> = {
  image: "Images",
  seg: "Segmentation",
  sr: "Structured report",
  rtstruct: "Structure set",
  rtdose: "Dose",
  other: "Other",
};

export function seriesKind(series: Series): string {
  return KIND_NAMES[series.kind];
}

export function seriesAmount(series: Series): string {
  if (series.kind !== "image") return seriesKind(series);
  if (series.instance_count === 1 && series.frames > 1) return count(series.frames, "frame");
  return count(series.instance_count, "image");
}

/** Voxel size as in-plane × slice distance, in mm. */
export function voxelSize(series: Series): string {
  const [z, y, x] = series.geometry.spacing ?? [];
  if (x === undefined || y === undefined) return "Not known";
  const sizes = z ? [x, y, z] : [x, y];
  return `${sizes.map((size) => Number(size.toFixed(2))).join(" × ")} mm`;
}

const GEOMETRY_NAMES: Record<string, string> = {
  regular: "Regular volume",
  gapped: "Slices unevenly spaced",
  tilted: "Tilted gantry",
  mixed: "Mixed orientations or sizes",
  single: "Single slice",
  none: "No positions",
};

export function geometryName(series: Series): string {
  return GEOMETRY_NAMES[series.geometry.kind] ?? series.geometry.kind;
}

/** What one looks at first: the largest acquired image series. */
export function firstSeries(series: readonly Series[]): Series | undefined {
  const images = series.filter((one) => one.kind === "image");
  const acquired = images.filter((one) => !one.ai_generated);
  const candidates = acquired.length > 0 ? acquired : images;
  return candidates.toSorted((a, b) => b.instance_count - a.instance_count)[0];
}
