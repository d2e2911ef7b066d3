import { indexToWorld } from "./geometry";
import type { LabelMap } from "./labelPaint";
import type { PointLps } from "./types";

/**
 * A point inside a structure to look at: on the slice where it is largest, its voxel nearest to
 * the centre of mass there. (The centre itself may lie outside a curved structure.)
 */
export function middleOf(map: LabelMap, label: number): PointLps | null {
  const [columns, rows, slices] = map.grid.dimensions;
  const plane = columns * rows;
  let largest = 0;
  let slice = -1;
  for (let k = 0; k < slices; k++) {
    let size = 0;
    for (let at = k * plane; at < (k + 1) * plane; at++) if (map.labels[at] === label) size++;
    if (size > largest) [largest, slice] = [size, k];
  }
  if (slice < 0) return null;
  const voxels: [number, number][] = [];
  for (let at = 0; at < plane; at++) {
    if (map.labels[slice * plane + at] === label) {
      voxels.push([at % columns, Math.floor(at / columns)]);
    }
  }
  const i = voxels.reduce((sum, voxel) => sum + voxel[0], 0) / voxels.length;
  const j = voxels.reduce((sum, voxel) => sum + voxel[1], 0) / voxels.length;
  const distance = ([x, y]: [number, number]) => (x - i) ** 2 + (y - j) ** 2;
  const nearest = voxels.reduce((best, voxel) => (distance(voxel) < distance(best) ? voxel : best));
  return indexToWorld(map.grid, [nearest[0], nearest[1], slice]);
}
