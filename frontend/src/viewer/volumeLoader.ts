/** A regular series by one request: the body is read chunk by chunk and drawn as it comes. */

import {
  cache,
  Enums,
  eventTarget,
  type Types,
  triggerEvent,
  volumeLoader,
} from "@cornerstonejs/core";
import { request, requestJson, type SeriesGeometry, ViewerError, type VoxelType } from "./api";
import { REDRAW_INTERVAL_MS } from "./engine";
import { addSliceMetadata, forgetSliceMetadata } from "./imageMetadata";
import type { Rescale } from "./windowing";

/** Chunks come by the thousand a second; a progress bar moves this often. */
const PROGRESS_INTERVAL_MS = 100;

/** A volume that is left is forgotten this much later. */
const SETTLE_MS = 1500;

type Voxels = Uint8Array | Int16Array | Uint16Array | Float32Array;

/** What a tab can hold beside the label map and the drawing buffers. */
export const LARGEST_VOLUME_BYTES = 1.5 * 2 ** 30;

export interface OpenVolume {
  readonly volumeId: string;
  readonly imageIds: readonly string[];
  readonly geometry: SeriesGeometry;
  readonly frameOfReferenceUid: string;
  /** Stored values, in slice order; filled while the body arrives. */
  readonly voxels: Voxels;
  readonly rescale: Rescale;
  /** Reads the body; resolves when every voxel is there. */
  readonly fill: (onProgress: (fraction: number) => void) => Promise<void>;
  readonly release: () => void;
}

const ARRAY_OF: Record<VoxelType, new (buffer: ArrayBuffer) => Voxels> = {
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  float32: Float32Array,
};

export interface VolumeRequest {
  readonly apiRoot: string;
  readonly seriesUid: string;
  readonly modality: string;
  readonly signal: AbortSignal;
}

let volumeCount = 0;

export async function openVolume(wanted: VolumeRequest): Promise<OpenVolume> {
  const root = `${wanted.apiRoot}/series/${encodeURIComponent(wanted.seriesUid)}`;
  // The voxels are asked for at once: they travel while the views are being made.
  const response = request(`${root}/volume`, wanted.signal, "application/octet-stream");
  // Whoever waits for it hears of a failure; before that it must not count as unhandled.
  response.catch(() => undefined);
  const geometry = await requestJson<SeriesGeometry>(`${root}/geometry`, wanted.signal);
  checkDrawable(geometry);
  // Cornerstone reads a scheme into anything before a colon: none in the id.
  volumeCount += 1;
  const volumeId = `volume-${volumeCount}-${wanted.seriesUid}`;
  const received = new ArrayBuffer(geometry.bytes);
  const isFloat = geometry.dtype === "float32";
  const voxels: Voxels = isFloat
    ? new Uint16Array(geometry.bytes / 4)
    : new ARRAY_OF[geometry.dtype](received);
  const rescale: Rescale = { slope: geometry.slope, intercept: geometry.intercept };
  const frameOfReferenceUid = geometry.frame_of_reference_uid ?? wanted.seriesUid;
  const volume = createVolume(volumeId, geometry, voxels, wanted.modality, frameOfReferenceUid);
  const imageIds = volume.imageIds;
  addSliceMetadata(imageIds, geometry, wanted, frameOfReferenceUid);
  const forget = (): void => {
    cache.removeVolumeLoadObject(volumeId);
    for (const imageId of imageIds) cache.removeImageLoadObject(imageId, { force: true });
    forgetSliceMetadata(imageIds);
  };
  const opened: { -readonly [K in keyof OpenVolume]: OpenVolume[K] } = {
    volumeId,
    imageIds,
    geometry,
    frameOfReferenceUid,
    voxels,
    rescale,
    fill: async (onProgress) => {
      const announce = makeAnnounce(volume, voxels);
      const redraw = isFloat ? null : makeRedraw(announce);
      await fillFrom(await response, received, geometry.dimensions[2], onProgress, redraw);
      if (isFloat) opened.rescale = quantise(new Float32Array(received), voxels, rescale);
      announce(geometry.dimensions[2]);
    },
    // Cornerstone may still be looking at a slice to choose a window, and cannot be told to stop.
    release: () => setTimeout(forget, SETTLE_MS),
  };
  return opened;
}

function checkDrawable(geometry: SeriesGeometry): void {
  const voxelCount = geometry.dimensions.reduce((product, size) => product * size, 1);
  const bytesEach = { uint8: 1, int16: 2, uint16: 2, float32: 4 }[geometry.dtype];
  if (geometry.bytes !== voxelCount * bytesEach) {
    throw new ViewerError("volume_mismatch", "The server's description of this volume is wrong.");
  }
  if (geometry.bytes > LARGEST_VOLUME_BYTES) {
    const gigabytes = (geometry.bytes / 2 ** 30).toFixed(1);
    throw new ViewerError("volume_too_big", `This series needs ${gigabytes} GiB of memory.`);
  }
}

function createVolume(
  volumeId: string,
  geometry: SeriesGeometry,
  voxels: Voxels,
  modality: string,
  frameOfReferenceUid: string,
): Types.IImageVolume {
  const bits = voxels.BYTES_PER_ELEMENT * 8;
  const volume = volumeLoader.createLocalVolume(volumeId, {
    scalarData: voxels,
    dimensions: [...geometry.dimensions],
    spacing: [...geometry.spacing],
    origin: [...geometry.origin],
    direction: [...geometry.direction] as Types.Mat3,
    metadata: {
      BitsAllocated: bits,
      BitsStored: bits,
      HighBit: bits - 1,
      SamplesPerPixel: 1,
      PhotometricInterpretation: "MONOCHROME2",
      PixelRepresentation: voxels instanceof Int16Array ? 1 : 0,
      Modality: modality,
      SeriesInstanceUID: "",
      ImageOrientationPatient: geometry.direction.slice(0, 6),
      PixelSpacing: [geometry.spacing[1], geometry.spacing[0]],
      FrameOfReferenceUID: frameOfReferenceUid,
      Columns: geometry.dimensions[0],
      Rows: geometry.dimensions[1],
      voiLut: [],
      VOILUTFunction: "LINEAR",
    },
  });
  const manager = volume.voxelManager;
  if (manager !== undefined) {
    // All slices share one buffer: without this each view would keep a copy of the whole volume.
    manager.getCompleteScalarDataArray = () => voxels;
    // Nothing has come yet. An empty range would make each view search the whole volume for one.
    manager.getRange = () => [0, 1];
  }
  return volume;
}

async function fillFrom(
  response: Response,
  received: ArrayBuffer,
  sliceCount: number,
  onProgress: (fraction: number) => void,
  redraw: Announce | null,
): Promise<void> {
  const bytes = new Uint8Array(received);
  const reader = response.body?.getReader();
  if (reader === undefined) throw new ViewerError("volume_empty", "The server sent no voxels.");
  const sliceBytes = bytes.length / sliceCount;
  let at = 0;
  let nextProgress = 0;
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    if (at + chunk.value.length > bytes.length) {
      await reader.cancel();
      throw new ViewerError("volume_mismatch", "More voxels arrived than this series has.");
    }
    bytes.set(chunk.value, at);
    at += chunk.value.length;
    if (performance.now() < nextProgress) continue;
    nextProgress = performance.now() + PROGRESS_INTERVAL_MS;
    onProgress(at / bytes.length);
    redraw?.(Math.floor(at / sliceBytes));
  }
  if (at < bytes.length) {
    const slices = Math.floor(at / sliceBytes);
    throw new ViewerError(
      "volume_incomplete",
      `Only ${slices} of ${sliceCount} slices arrived before the connection ended.`,
    );
  }
}

type Announce = (sliceCount: number) => void;

/** Tells the views that slices up to `sliceCount` are there; they draw at once. */
function makeAnnounce(volume: Types.IImageVolume, voxels: Voxels): Announce {
  const planeSize = volume.dimensions[0] * volume.dimensions[1];
  let known = 0;
  let range: [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return (sliceCount) => {
    const [low, high] = rangeOf(voxels.subarray(known * planeSize, sliceCount * planeSize));
    range = [Math.min(range[0], low), Math.max(range[1], high)];
    const current = range;
    if (volume.voxelManager !== undefined) volume.voxelManager.getRange = () => current;
    for (let slice = known; slice < sliceCount; slice++) {
      volume.vtkOpenGLTexture?.setUpdatedFrame(slice);
    }
    known = sliceCount;
    volume.modified();
    triggerEvent(eventTarget, Enums.Events.IMAGE_VOLUME_MODIFIED, { volumeId: volume.volumeId });
  };
}

/**
 * Draws what has come, at most every REDRAW_INTERVAL_MS and never for more than a fifth of the
 * time: on a slow machine the reading goes before the watching.
 */
function makeRedraw(announce: Announce): Announce {
  let next = performance.now() + REDRAW_INTERVAL_MS;
  return (sliceCount) => {
    const started = performance.now();
    if (started < next || sliceCount === 0) return;
    announce(sliceCount);
    const now = performance.now();
    next = now + Math.max(REDRAW_INTERVAL_MS, 4 * (now - started));
  };
}

function rangeOf(voxels: Voxels): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < voxels.length; at++) {
    const value = voxels[at] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** Float voxels as 16-bit ones: the CPU renderer rounds to whole numbers before windowing. */
function quantise(values: Float32Array, into: Voxels, rescale: Rescale): Rescale {
  const [low, high] = rangeOf(values);
  const step = high > low ? (high - low) / 65_535 : 1;
  for (let at = 0; at < values.length; at++) {
    into[at] = Math.round(((values[at] as number) - low) / step);
  }
  return { slope: rescale.slope * step, intercept: rescale.intercept + rescale.slope * low };
}
