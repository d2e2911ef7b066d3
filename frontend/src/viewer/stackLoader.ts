/** Series without a regular volume: one WADO-RS request per frame, decoded in web workers. */

import { cache, imageLoader } from "@cornerstonejs/core";
import { wadors } from "@cornerstonejs/dicom-image-loader";
import { requestJson, ViewerError } from "./api";
import { type Encoding, forgetEncoding, noteEncoding } from "./frameLoader";
import { type DicomJson, fillPalettes } from "./palette";
import type { SeriesScale } from "./wholeNumbers";

export interface StackFrame {
  readonly imageId: string;
  readonly sopInstanceUid: string;
  /** 1-based. */
  readonly frame: number;
}

export interface OpenStack {
  readonly frames: readonly StackFrame[];
  readonly imageIds: readonly string[];
  readonly modality: string;
  readonly isColour: boolean;
  /** Real value of one stored step, from the first frame on. */
  readonly scale: SeriesScale;
  /** Frames per second as recorded (Cine Rate, Frame Time), or null. */
  readonly frameRate: number | null;
  readonly release: () => void;
}

export interface StackRequest {
  readonly dicomWebRoot: string;
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly transferSyntax: string | null;
  readonly signal: AbortSignal;
}

export async function openStack(wanted: StackRequest): Promise<OpenStack> {
  const dicomWebRoot = new URL(wanted.dicomWebRoot, window.location.href).href;
  const root = `${dicomWebRoot}/studies/${wanted.studyUid}/series/${wanted.seriesUid}`;
  const instances = await requestJson<DicomJson[]>(`${root}/metadata`, wanted.signal);
  const drawable = instances.filter((one) => numberOf(one, "00280010") > 0).sort(byPosition);
  const first = drawable[0];
  if (first === undefined) {
    throw new ViewerError("no_images", "This series has no images to draw.");
  }
  await fillPalettes(drawable, dicomWebRoot);
  const frames = drawable.flatMap((instance) => framesOf(instance, root));
  const imageIds = frames.map((frame) => frame.imageId);
  const scale: SeriesScale = { step: null };
  const encoding: Encoding = { transferSyntax: wanted.transferSyntax, scale };
  for (const imageId of imageIds) noteEncoding(imageId, encoding);
  return {
    frames,
    imageIds,
    modality: textOf(first, "00080060"),
    isColour: numberOf(first, "00280002") > 1 || textOf(first, "00280004") === "PALETTE COLOR",
    scale,
    frameRate: frameRateOf(first),
    release: () => {
      for (const imageId of imageIds) {
        if (cache.getImageLoadObject(imageId))
          cache.removeImageLoadObject(imageId, { force: true });
        wadors.metaDataManager.remove(imageId);
        forgetEncoding(imageId);
      }
    },
  };
}

function framesOf(instance: DicomJson, root: string): StackFrame[] {
  const sopInstanceUid = textOf(instance, "00080018");
  const count = Math.max(1, numberOf(instance, "00280008"));
  return Array.from({ length: count }, (_, index) => {
    const frame = index + 1;
    const imageId = `wadors:${root}/instances/${sopInstanceUid}/frames/${frame}`;
    // Cornerstone makes the metadata of later frames from that of the first.
    if (frame === 1) {
      wadors.metaDataManager.add(
        imageId,
        instance as Parameters<typeof wadors.metaDataManager.add>[1],
      );
    }
    return { imageId, sopInstanceUid, frame };
  });
}

function numberOf(instance: DicomJson, tag: string): number {
  const value = Number(instance[tag]?.Value?.[0] ?? 0);
  return Number.isFinite(value) ? value : 0;
}

function textOf(instance: DicomJson, tag: string): string {
  return String(instance[tag]?.Value?.[0] ?? "");
}

function frameRateOf(instance: DicomJson): number | null {
  const cineRate = numberOf(instance, "00180040") || numberOf(instance, "00082144");
  if (cineRate > 0) return cineRate;
  const frameTime = numberOf(instance, "00181063");
  return frameTime > 0 ? 1000 / frameTime : null;
}

/** Along the slice normal where positions are known, else by instance number. */
function byPosition(a: DicomJson, b: DicomJson): number {
  const difference = depthOf(a) - depthOf(b);
  if (Number.isFinite(difference) && Math.abs(difference) > 1e-4) return difference;
  return numberOf(a, "00200013") - numberOf(b, "00200013");
}

function depthOf(instance: DicomJson): number {
  const position = (instance["00200032"]?.Value ?? []).map(Number);
  const cosines = (instance["00200037"]?.Value ?? []).map(Number);
  if (position.length !== 3 || cosines.length !== 6) return Number.NaN;
  const [rx, ry, rz, cx, cy, cz] = cosines as [number, number, number, number, number, number];
  const [x, y, z] = position as [number, number, number];
  return x * (ry * cz - rz * cy) + y * (rz * cx - rx * cz) + z * (rx * cy - ry * cx);
}

const PARALLEL_FRAMES = 4;
/** Beyond this the oldest frames would only push each other out of the cache. */
const LARGEST_PREFETCH_BYTES = 512 * 2 ** 20;

export type FrameOutcome = (imageId: string, error: unknown | null) => void;

/** Loads frames outwards from `start`, so that scrolling finds them ready. */
export async function prefetchStack(
  stack: OpenStack,
  start: number,
  signal: AbortSignal,
  onFrame: FrameOutcome,
): Promise<void> {
  const order = stack.imageIds
    .map((imageId, index) => ({ imageId, distance: Math.abs(index - start) }))
    .sort((a, b) => a.distance - b.distance);
  let loadedBytes = 0;
  const loadNext = async (): Promise<void> => {
    const next = order.shift();
    if (next === undefined || signal.aborted || loadedBytes > LARGEST_PREFETCH_BYTES) return;
    try {
      const image = await imageLoader.loadAndCacheImage(next.imageId);
      loadedBytes += image.sizeInBytes;
      onFrame(next.imageId, null);
    } catch (error) {
      if (!signal.aborted) onFrame(next.imageId, error);
    }
    await loadNext();
  };
  await Promise.all(Array.from({ length: PARALLEL_FRAMES }, loadNext));
}
