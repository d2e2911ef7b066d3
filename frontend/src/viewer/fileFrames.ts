/**
 * Frames cut out of the whole DICOM file in the browser. Orthanc cannot cut big endian pixels or
 * fragments without an offset table, and its decoder of lossy JPEG ends the server on some of them.
 */

import { wadors } from "@cornerstonejs/dicom-image-loader";
import dicomParser, { type DataSet, type Element } from "dicom-parser";
import { ViewerError } from "./api";

const WHOLE_FILE = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const PIXEL_DATA = "x7fe00010";

export interface EncodedFrame {
  readonly pixels: Uint8Array;
  readonly transferSyntax: string;
}

/** Files by the address of their instance; the frames of a cine share one. */
const files = new Map<string, Promise<DataSet>>();

function instanceOf(imageId: string): string {
  return imageId.slice("wadors:".length).replace(/\/frames\/\d+$/, "");
}

/** A whole DICOM file, as it is stored. */
export async function fetchFile(address: string): Promise<DataSet> {
  const { pixelData } = (await wadors.getPixelData(address, address, WHOLE_FILE, {})) as {
    pixelData: Uint8Array;
  };
  return dicomParser.parseDicom(pixelData);
}

export async function frameFromFile(imageId: string): Promise<EncodedFrame> {
  const address = instanceOf(imageId);
  const file = files.get(address) ?? fetchFile(address);
  files.set(address, file);
  const data = await file;
  const frame = Number(/\/frames\/(\d+)$/.exec(imageId)?.[1] ?? 1) - 1;
  return {
    pixels: cutFrame(data, frame),
    transferSyntax: data.string("x00020010") ?? "1.2.840.10008.1.2",
  };
}

export function forgetFile(imageId: string): void {
  files.delete(instanceOf(imageId));
}

function cutFrame(data: DataSet, frame: number): Uint8Array {
  const element = data.elements[PIXEL_DATA];
  if (element === undefined) throw new ViewerError("no_pixels", "the file has no pixels");
  if (!element.encapsulatedPixelData) return cutNative(data, element, frame);
  const count = data.intString("x00280008") ?? 1;
  const fragments = element.fragments?.length ?? 0;
  if ((element.basicOffsetTable?.length ?? 0) > 0) {
    return bytesOf(dicomParser.readEncapsulatedImageFrame(data, element, frame));
  }
  if (count === 1) {
    return bytesOf(dicomParser.readEncapsulatedPixelDataFromFragments(data, element, 0, fragments));
  }
  if (fragments === count) {
    return bytesOf(dicomParser.readEncapsulatedPixelDataFromFragments(data, element, frame));
  }
  const offsets = dicomParser.createJPEGBasicOffsetTable(data, element);
  return bytesOf(dicomParser.readEncapsulatedImageFrame(data, element, frame, offsets));
}

function cutNative(data: DataSet, element: Element, frame: number): Uint8Array {
  const number = (tag: string) => data.uint16(tag) ?? 0;
  const samples = number("x00280002") || 1;
  const size = (number("x00280010") * number("x00280011") * samples * number("x00280100")) / 8;
  const end = (frame + 1) * size;
  if (end > element.length) {
    throw new ViewerError("pixels_missing", "the file ends before its pixels do");
  }
  // A copy: the decoder takes the buffer with it.
  const start = element.dataOffset + frame * size;
  return bytesOf(data.byteArray.slice(start, start + size));
}

function bytesOf(bytes: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(bytes);
}
