/**
 * Loads one frame by WADO-RS, as it is stored: the smallest form. Where the server cannot hand that
 * out, the frame is cut from the whole file here; only a deflated file is unpacked by the server.
 */

import { getEffectiveRenderBackend, imageLoader, type Types } from "@cornerstonejs/core";
import { createImage, wadors } from "@cornerstonejs/dicom-image-loader";
import { reasonOf, ViewerError } from "./api";
import { forgetFile, frameFromFile } from "./fileFrames";
import { type SeriesScale, toWholeNumbers } from "./wholeNumbers";

const UNCOMPRESSED = "1.2.840.10008.1.2.1";
const DEFLATED = "1.2.840.10008.1.2.1.99";
/**
 * Big endian and lossy JPEG. Orthanc answers the first with an error, and asking it for frames of
 * the second can make it decode them, which ends the server for some files.
 */
const FROM_FILE: ReadonlySet<string> = new Set([
  "1.2.840.10008.1.2.2",
  "1.2.840.10008.1.2.4.50",
  "1.2.840.10008.1.2.4.51",
]);
/** A decoder that throws outside its promise would otherwise be waited for for ever. */
const PATIENCE_MS = 30_000;

type LoadOptions = Parameters<typeof wadors.loadImage>[1];

/** How the frames of an instance are stored. */
export interface Encoding {
  readonly transferSyntax: string | null;
  readonly scale: SeriesScale;
}

const encodings = new Map<string, Encoding>();

/** To be told before the first load of each image id. */
export function noteEncoding(imageId: string, encoding: Encoding): void {
  encodings.set(imageId, encoding);
}

export function forgetEncoding(imageId: string): void {
  encodings.delete(imageId);
  forgetFile(imageId);
}

async function loadUncompressed(imageId: string, options: LoadOptions): Promise<Types.IImage> {
  const accept = `multipart/related; type=application/octet-stream; transfer-syntax=${UNCOMPRESSED}`;
  const url = imageId.slice("wadors:".length);
  const { pixelData } = (await wadors.getPixelData(url, imageId, accept, {})) as {
    pixelData: Uint8Array;
  };
  return (await createImage(imageId, pixelData, UNCOMPRESSED, options)) as Types.IImage;
}

async function loadFromFile(imageId: string, options: LoadOptions): Promise<Types.IImage> {
  const { pixels, transferSyntax } = await frameFromFile(imageId);
  return (await createImage(imageId, pixels, transferSyntax, options)) as Types.IImage;
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
  const transferSyntax = encodings.get(imageId)?.transferSyntax ?? "";
  if (transferSyntax === DEFLATED) return await withPatience(loadUncompressed(imageId, options));
  if (!FROM_FILE.has(transferSyntax)) {
    try {
      return await withPatience(
        wadors.loadImage(imageId, options).promise as Promise<Types.IImage>,
      );
    } catch {
      // The reason that counts is that of the second try.
    }
  }
  return await withPatience(loadFromFile(imageId, options));
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
  // A decoder that stumbles over what it was not written for.
  if (inner instanceof TypeError) return "the decoder does not know this kind of pixels";
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
