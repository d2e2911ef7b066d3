/**
 * Frames with a fractional rescale slope arrive as floats, but the CPU renderer looks grey values
 * up by whole numbers. Each series gets one step, so that its frames stay comparable:
 * real value = stored * step.
 */

import { type Types, utilities } from "@cornerstonejs/core";

/** Shared by the frames of a series; null until the first float frame came. */
export interface SeriesScale {
  step: number | null;
}

const WANTED_LEVELS = 4096;

/** 1 where whole numbers are fine enough, else a power of two that gives enough levels. */
export function stepFor(range: number): number {
  if (!(range > 0)) return 1;
  return Math.min(1, 2 ** Math.floor(Math.log2(range / WANTED_LEVELS)));
}

export function toWholeNumbers(image: Types.IImage, scale: SeriesScale): Types.IImage {
  const values = image.getPixelData();
  if (!(values instanceof Float32Array)) return image;
  scale.step ??= stepFor(image.maxPixelValue - image.minPixelValue);
  const { step } = scale;
  const low = Math.round(image.minPixelValue / step);
  const high = Math.round(image.maxPixelValue / step);
  const fitsShort = low >= -32_768 && high <= 32_767;
  const whole = fitsShort ? new Int16Array(values.length) : new Int32Array(values.length);
  for (let at = 0; at < values.length; at++) whole[at] = Math.round((values[at] as number) / step);
  const pixels = whole as Types.PixelDataTypedArray;
  return {
    ...image,
    voxelManager: utilities.VoxelManager.createImageVoxelManager({
      width: image.width,
      height: image.height,
      numberOfComponents: 1,
      scalarData: pixels,
      id: image.imageId,
    }) as NonNullable<Types.IImage["voxelManager"]>,
    getPixelData: () => pixels,
    minPixelValue: low,
    maxPixelValue: high,
    windowCenter: divided(image.windowCenter, step),
    windowWidth: divided(image.windowWidth, step),
    sizeInBytes: whole.byteLength,
    dataType: fitsShort ? "Int16Array" : "Int32Array",
  } as Types.IImage;
}

function divided(value: number | number[], step: number): number | number[] {
  return Array.isArray(value) ? value.map((one) => one / step) : value / step;
}
