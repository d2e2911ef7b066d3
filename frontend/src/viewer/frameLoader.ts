/**
 * Loads one frame by WADO-RS. It is asked for as it is stored, which is the smallest; where the
 * server cannot cut it out of the file (deflated, big endian, fragments without an offset table)
 * or the browser cannot decode it, it is asked for once more, uncompressed by the server.
 */

import { getEffectiveRenderBackend, imageLoader, type Types } from "@cornerstonejs/core";
import { createImage, wadors } from "@cornerstonejs/dicom-image-loader";
import { reasonOf, ViewerError } from "./api";
import type { DicomJson } from "./palette";
import { type SeriesScale, toWholeNumbers } from "./wholeNumbers";

const UNCOMPRESSED = "1.2.840.10008.1.2.1";
/** Deflated and big endian: Orthanc does not serve their frames as stored. */
const NEVER_AS_STORED: ReadonlySet<string> = new Set([
  "1.2.840.10008.1.2.1.99",
  "1.2.840.10008.1.2.2",
]);
/** Lossy JPEG: the server's decoder knows only its 8-bit form and turns YBR into RGB. */
const LOSSY_JPEG: ReadonlySet<string> = new Set([
  "1.2.840.10008.1.2.4.50",
  "1.2.840.10008.1.2.4.51",
]);
/** Orthanc's GDCM plug-in ends the whole server when it is to convert pixels of 32 bits. */
const MOST_BITS_TO_CONVERT = 16;
/** A decoder that throws outside its promise would otherwise be waited for for ever. */
const PATIENCE_MS = 30_000;

type LoadOptions = Parameters<typeof wadors.loadImage>[1];

/** How the frames of an instance are stored. */
export interface Encoding {
  readonly transferSyntax: string | null;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly photometric: string;
  readonly scale: SeriesScale;
}

const encodings = new Map<string, Encoding>();

/** To be told before the first load of each image id. */
export function noteEncoding(imageId: string, encoding: Encoding): void {
  encodings.set(imageId, encoding);
}

export function forgetEncoding(imageId: string): void {
  encodings.delete(imageId);
}

async function loadUncompressed(
  imageId: string,
  encoding: Encoding,
  options: LoadOptions,
): Promise<Types.IImage> {
  const accept = `multipart/related; type=application/octet-stream; transfer-syntax=${UNCOMPRESSED}`;
  const url = imageId.slice("wadors:".length);
  const { pixelData } = (await wadors.getPixelData(url, imageId, accept, {})) as {
    pixelData: Uint8Array;
  };
  const isNowRgb =
    LOSSY_JPEG.has(encoding.transferSyntax ?? "") && encoding.photometric.startsWith("YBR");
  const metadata = wadors.metaDataManager.get(imageId) as unknown as DicomJson | undefined;
  if (isNowRgb && metadata !== undefined) metadata["00280004"] = { vr: "CS", Value: ["RGB"] };
  return (await createImage(imageId, pixelData, UNCOMPRESSED, options)) as Types.IImage;
}

/** Whether the server can be trusted to decode the pixels. */
function canConvert({ transferSyntax, bitsAllocated, bitsStored }: Encoding): boolean {
  if (bitsAllocated > MOST_BITS_TO_CONVERT) return false;
  return !(LOSSY_JPEG.has(transferSyntax ?? "") && bitsStored > 8);
}

function withPatience<T>(promise: Promise<T>): Promise<T> {
  let timer = 0;
  const tooLong = new Promise<never>((_, reject) => {
    timer = window.setTimeout(() => {
      reject(new ViewerError("decode_timeout", "the decoder did not finish"));
    }, PATIENCE_MS);
  });
  return Promise.race([promise, tooLong]).finally(() => window.clearTimeout(timer));
}

async function loadPixels(imageId: string, options: LoadOptions): Promise<Types.IImage> {
  const encoding = encodings.get(imageId);
  const asStored = () =>
    withPatience(wadors.loadImage(imageId, options).promise as Promise<Types.IImage>);
  if (encoding === undefined || !canConvert(encoding)) return await asStored();
  if (!NEVER_AS_STORED.has(encoding.transferSyntax ?? "")) {
    try {
      return await asStored();
    } catch {
      // The reason that counts is that of the second try.
    }
  }
  return await withPatience(loadUncompressed(imageId, encoding, options));
}

async function loadFrame(imageId: string, options: LoadOptions): Promise<Types.IImage> {
  const image = await loadPixels(imageId, options);
  const scale = encodings.get(imageId)?.scale;
  if (scale === undefined || getEffectiveRenderBackend() !== "cpu") return image;
  return toWholeNumbers(image, scale);
}

/** Why a frame did not load, from what Cornerstone throws: an error or the failed request. */
export function frameFailureReason(thrown: unknown): string {
  const inner = (thrown as { error?: unknown } | null)?.error ?? thrown;
  const status = (inner as { status?: unknown } | null)?.status;
  if (typeof status !== "number") return reasonOf(inner);
  return status === 0
    ? "the server cannot be reached"
    : `the server could not read its pixels (status ${status})`;
}

/** Takes the place of the loader that Cornerstone registers for "wadors:" ids. */
export function registerFrameLoader(): void {
  imageLoader.registerImageLoader("wadors", (imageId: string, options?: LoadOptions) => ({
    promise: loadFrame(imageId, options ?? {}),
  }));
}
