/** Where the layers come from: dose by address, images in bulk, structures and maps as files. */

import { request, requestJson, type SeriesGeometry, ViewerError } from "../api";
import { fetchFile } from "../fileFrames";
import type { Grid } from "../geometry";
import type { SeriesRoots } from "../loadedSeries";
import type { DicomJson } from "../palette";
import type { ViewerDose, ViewerSeries } from "../types";
import type { Rescale } from "../windowing";
import { type LesionMask, readLesions } from "./lesionMasks";
import { readParametricMap } from "./parametricFile";
import type { ScalarVolume } from "./resample";
import { readRtstruct } from "./rtstructFile";
import type { Structure } from "./structures";

const OCTETS = "application/octet-stream";

const ARRAY_OF = {
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  float32: Float32Array,
} as const;

/** The values of a parametric map, from the object itself: they are floats. */
export async function fetchMap(
  series: ViewerSeries,
  roots: SeriesRoots,
  signal: AbortSignal,
): Promise<ScalarVolume> {
  return readParametricMap(await fetchNewest(series, roots, signal));
}

/** The voxels of a regular series. */
export async function fetchImage(
  series: ViewerSeries,
  roots: SeriesRoots,
  signal: AbortSignal,
): Promise<ScalarVolume> {
  const root = `${roots.apiRoot}/series/${encodeURIComponent(series.series_uid)}`;
  const [geometry, response] = await Promise.all([
    requestJson<SeriesGeometry>(`${root}/geometry`, signal),
    request(`${root}/volume`, signal, OCTETS),
  ]);
  const received = await response.arrayBuffer();
  if (received.byteLength !== geometry.bytes) {
    throw new ViewerError("volume_incomplete", "Not all voxels of this series arrived.");
  }
  return {
    grid: geometry,
    values: new ARRAY_OF[geometry.dtype](received),
    slope: geometry.slope,
    intercept: geometry.intercept,
  };
}

/** Little-endian float32, slice after slice, in the unit of the dose. */
export async function fetchDose(dose: ViewerDose, signal: AbortSignal): Promise<ScalarVolume> {
  const [grid, response] = await Promise.all([
    requestJson<Grid & Rescale>(dose.gridUrl, signal),
    request(dose.url, signal, OCTETS),
  ]);
  const received = await response.arrayBuffer();
  const voxels = grid.dimensions.reduce((product, size) => product * size, 1);
  if (received.byteLength !== voxels * 4) {
    throw new ViewerError("dose_mismatch", "This dose does not fit its grid.");
  }
  const { slope, intercept } = grid;
  return { grid, values: new Float32Array(received), slope, intercept };
}

export async function fetchStructures(
  series: ViewerSeries,
  roots: SeriesRoots,
  signal: AbortSignal,
): Promise<Structure[]> {
  return readRtstruct(await fetchNewest(series, roots, signal));
}

/** The segments of a segmentation, wherever they lie in the patient. */
export async function fetchLesions(
  series: ViewerSeries,
  roots: SeriesRoots,
  signal: AbortSignal,
): Promise<LesionMask[]> {
  return readLesions(await fetchNewest(series, roots, signal));
}

/** The newest object of a series, whole. */
async function fetchNewest(series: ViewerSeries, roots: SeriesRoots, signal: AbortSignal) {
  const base = new URL(roots.dicomWebRoot, window.location.href).href;
  const root = `${base}/studies/${series.study_uid}/series/${series.series_uid}/instances`;
  const instances = await requestJson<DicomJson[]>(root, signal);
  const numberOf = (one: DicomJson) => Number(one["00200013"]?.Value?.[0] ?? 0);
  const newest = instances.toSorted((a, b) => numberOf(a) - numberOf(b)).at(-1);
  const uid = newest?.["00080018"]?.Value?.[0];
  if (uid === undefined) throw new ViewerError("series_empty", "This series holds no objects.");
  const file = await fetchFile(`${root}/${String(uid)}`);
  signal.throwIfAborted();
  return file;
}
