/**
 * Metadata of the slices of a volume that came in one request. Cornerstone asks by image id, as it
 * would for single DICOM images: plane and modality decide orientation letters, units and the
 * plane an annotation belongs to.
 */

import { metaData } from "@cornerstonejs/core";
import type { SeriesGeometry } from "./api";
import { axisOf, indexToWorld } from "./geometry";

interface SliceMetadata {
  readonly imagePlaneModule: Record<string, unknown>;
  readonly generalSeriesModule: Record<string, unknown>;
  readonly sopCommonModule: Record<string, unknown>;
}

const slices = new Map<string, SliceMetadata>();

export function addSliceMetadata(
  imageIds: readonly string[],
  geometry: SeriesGeometry,
  series: { readonly seriesUid: string; readonly modality: string },
  frameOfReferenceUid: string,
): void {
  const row = axisOf(geometry, 0);
  const column = axisOf(geometry, 1);
  for (const [index, imageId] of imageIds.entries()) {
    slices.set(imageId, {
      imagePlaneModule: {
        frameOfReferenceUID: frameOfReferenceUid,
        rows: geometry.dimensions[1],
        columns: geometry.dimensions[0],
        imageOrientationPatient: [...row, ...column],
        rowCosines: row,
        columnCosines: column,
        imagePositionPatient: indexToWorld(geometry, [0, 0, index]),
        sliceThickness: geometry.spacing[2],
        pixelSpacing: [geometry.spacing[1], geometry.spacing[0]],
        rowPixelSpacing: geometry.spacing[1],
        columnPixelSpacing: geometry.spacing[0],
        usingDefaultValues: false,
      },
      generalSeriesModule: { modality: series.modality, seriesInstanceUID: series.seriesUid },
      sopCommonModule: { sopInstanceUID: geometry.sop_instance_uids[index] ?? "" },
    });
  }
}

export function forgetSliceMetadata(imageIds: readonly string[]): void {
  for (const imageId of imageIds) slices.delete(imageId);
}

/** Above Cornerstone's own providers, which know these images only by a default plane. */
const PRIORITY = 20_000;

export function provideMetadata(): void {
  metaData.addProvider(
    (type: string, imageId: string) =>
      typeof imageId === "string" ? slices.get(imageId)?.[type as keyof SliceMetadata] : undefined,
    PRIORITY,
  );
}
