/**
 * Colour tables of PALETTE COLOR images. In DICOM JSON they stand behind a link, while Cornerstone
 * reads them as numbers: they are fetched once per series and written into the metadata.
 */

import { wadors } from "@cornerstonejs/dicom-image-loader";

export type DicomJsonElement = {
  vr?: string;
  Value?: readonly unknown[];
  BulkDataURI?: string;
  InlineBinary?: string;
};
export type DicomJson = Record<string, DicomJsonElement>;

/** Red, green and blue lookup table data; their descriptors lie at 1101 to 1103. */
const TABLES = [
  ["00281201", "00281101"],
  ["00281202", "00281102"],
  ["00281203", "00281103"],
] as const;

export async function fillPalettes(
  instances: readonly DicomJson[],
  dicomWebRoot: string,
): Promise<void> {
  const known = new Map<string, Promise<number[]>>();
  for (const instance of instances) {
    if (instance["00280004"]?.Value?.[0] !== "PALETTE COLOR") continue;
    for (const [table, descriptor] of TABLES) {
      const element = instance[table];
      if (element === undefined || element.Value !== undefined) continue;
      const bits = Number(instance[descriptor]?.Value?.[2] ?? 16);
      const source = element.InlineBinary ?? element.BulkDataURI ?? "";
      const read = known.get(source) ?? readTable(element, dicomWebRoot, bits);
      known.set(source, read);
      element.Value = await read;
    }
  }
}

async function readTable(
  element: DicomJsonElement,
  dicomWebRoot: string,
  bits: number,
): Promise<number[]> {
  const bytes = element.InlineBinary
    ? Uint8Array.from(atob(element.InlineBinary), (character) => character.charCodeAt(0))
    : await fetchBulkData(element.BulkDataURI ?? "", dicomWebRoot);
  return tableOf(bytes, bits);
}

/** Entries of 8 bits may be packed two to a word; those of 16 are little endian. */
export function tableOf(bytes: Uint8Array, bits: number): number[] {
  if (bits <= 8) return [...bytes];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength >> 1 }, (_, at) => view.getUint16(at * 2, true));
}

/** The archive may name itself by an address that only it can reach: only the path counts. */
export function ownAddress(bulkDataUri: string, dicomWebRoot: string): string {
  const at = bulkDataUri.indexOf("/studies/");
  return at < 0 ? bulkDataUri : `${dicomWebRoot}${bulkDataUri.slice(at)}`;
}

async function fetchBulkData(uri: string, dicomWebRoot: string): Promise<Uint8Array> {
  const accept = "multipart/related; type=application/octet-stream";
  const address = ownAddress(uri, dicomWebRoot);
  const answer = (await wadors.getPixelData(address, uri, accept, {})) as {
    pixelData: Uint8Array;
  };
  return answer.pixelData;
}
