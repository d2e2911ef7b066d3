/** The images of the active series, from one volume request or frame by frame. */

import { cache, metaData } from "@cornerstonejs/core";
import { reasonOf, ViewerError } from "./api";
import { forgetDisplaySet, registerDisplaySet } from "./engine";
import type { Grid } from "./geometry";
import type { MeasuredImages } from "./measurements";
import { forgetUnits, setUnits } from "./roiText";
import { type OpenStack, openStack } from "./stackLoader";
import type { ViewerSeries } from "./types";
import { type OpenVolume, openVolume } from "./volumeLoader";
import type { Rescale, Window } from "./windowing";

export interface LoadedSeries {
  readonly series: ViewerSeries;
  readonly mode: "volume" | "stack";
  readonly displaySetId: string;
  readonly modality: string;
  readonly volume: OpenVolume | null;
  readonly stack: OpenStack | null;
  readonly grid: Grid | null;
  readonly isColour: boolean;
  readonly storedWindow: Window | null;
  readonly rescale: () => Rescale;
  /** Why the planes are not offered although the series looked regular. */
  readonly notice: string | null;
  readonly images: MeasuredImages;
  readonly isPlaced: (imageId: string) => boolean;
  readonly release: () => void;
}

export interface SeriesRoots {
  readonly apiRoot: string;
  readonly dicomWebRoot: string;
}

/** Codes after which drawing slice by slice is worth trying. */
const WITHOUT_VOLUME = new Set([
  "volume_not_regular",
  "volume_too_big",
  "volume_mismatch",
  "http_404",
]);

export async function loadSeries(
  series: ViewerSeries,
  roots: SeriesRoots,
  signal: AbortSignal,
): Promise<LoadedSeries> {
  if (series.geometry.kind !== "regular") return loadStack(series, roots, signal, null);
  try {
    return volumeSeries(
      series,
      await openVolume({
        apiRoot: roots.apiRoot,
        seriesUid: series.series_uid,
        modality: series.modality,
        signal,
      }),
    );
  } catch (error) {
    const isExpected = error instanceof ViewerError && WITHOUT_VOLUME.has(error.code);
    if (!isExpected && !(error instanceof RangeError)) throw error;
    return loadStack(series, roots, signal, `Shown slice by slice: ${reasonOf(error)}`);
  }
}

function volumeSeries(series: ViewerSeries, volume: OpenVolume): LoadedSeries {
  const displaySetId = `set-${volume.volumeId}`;
  registerDisplaySet(displaySetId, volume.imageIds, volume.volumeId);
  const rescale = () => volume.rescale;
  setUnits(volume.volumeId, { rescale, modality: series.modality });
  const uids = volume.geometry.sop_instance_uids;
  return {
    series,
    mode: "volume",
    displaySetId,
    modality: series.modality,
    volume,
    stack: null,
    grid: volume.geometry,
    isColour: false,
    storedWindow: volume.geometry.window,
    rescale,
    notice: null,
    images: {
      seriesUid: series.series_uid,
      frameOfReferenceUid: volume.frameOfReferenceUid,
      instanceOf: (imageId) => {
        const uid = uids[volume.imageIds.indexOf(imageId)];
        return uid === undefined ? null : { sopInstanceUid: uid, frame: 1 };
      },
      imageIdOf: (uid) => volume.imageIds[uids.indexOf(uid)] ?? null,
    },
    isPlaced: () => true,
    release: () => {
      forgetDisplaySet(displaySetId);
      forgetUnits(volume.volumeId);
      volume.release();
    },
  };
}

async function loadStack(
  series: ViewerSeries,
  roots: SeriesRoots,
  signal: AbortSignal,
  notice: string | null,
): Promise<LoadedSeries> {
  const stack = await openStack({
    dicomWebRoot: roots.dicomWebRoot,
    studyUid: series.study_uid,
    seriesUid: series.series_uid,
    transferSyntax: series.transfer_syntax,
    signal,
  });
  const displaySetId = `set-stack-${series.series_uid}`;
  const modality = stack.modality || series.modality;
  const rescale = () => ({ slope: stack.scale.step ?? 1, intercept: 0 });
  registerDisplaySet(displaySetId, stack.imageIds, null);
  setUnits(series.series_uid, { rescale, modality });
  const { kind, reason } = series.geometry;
  // A cine or a single film has no planes that anyone would miss.
  const expectsPlanes = kind === "gapped" || kind === "tilted" || kind === "mixed";
  return {
    series,
    mode: "stack",
    displaySetId,
    modality,
    volume: null,
    stack,
    grid: null,
    isColour: stack.isColour,
    storedWindow: null,
    rescale,
    notice: notice ?? (expectsPlanes && reason ? `Single images only: ${reason}` : null),
    images: {
      seriesUid: series.series_uid,
      frameOfReferenceUid: series.frame_of_reference_uid ?? series.series_uid,
      instanceOf: (imageId) => stack.frames.find((one) => one.imageId === imageId) ?? null,
      imageIdOf: (uid, frame) =>
        stack.frames.find((one) => one.sopInstanceUid === uid && one.frame === frame)?.imageId ??
        null,
    },
    isPlaced,
    release: () => {
      forgetDisplaySet(displaySetId);
      forgetUnits(series.series_uid);
      stack.release();
    },
  };
}

function isPlaced(imageId: string): boolean {
  const plane = metaData.get("imagePlaneModule", imageId) as
    | { imageOrientationPatient?: unknown; usingDefaultValues?: boolean }
    | undefined;
  return Boolean(plane?.imageOrientationPatient) && plane?.usingDefaultValues !== true;
}

/** Stored values to take percentiles from: the volume, or the frame that is shown. */
export function voxelsOf(loaded: LoadedSeries, imageId: string | null): ArrayLike<number> | null {
  if (loaded.volume !== null) return loaded.volume.voxels;
  const image = imageId === null ? undefined : cache.getImage(imageId);
  return image === undefined ? null : (image.getPixelData() as ArrayLike<number>);
}
