/** Where the panes look: the crosshair that links the planes, and jumps to a point or image. */

import {
  centreVoxelOf,
  dot,
  type Grid,
  indexToWorld,
  scaleAdd,
  subtract,
  worldToIndex,
} from "./geometry";
import type { Pane } from "./pane";
import type { PointLps } from "./types";
import type { PaneId } from "./viewerState";
import type { PanesHost } from "./windowControl";

export interface Target {
  readonly point: PointLps | null;
  readonly sopInstanceUid: string | null;
  /** Counted in slice order from 0; used where neither point nor instance is known. */
  readonly sliceIndex: number | null;
  readonly frame?: number;
}

export interface Navigation {
  /** The crosshair's voxel, or null for single images. */
  readonly point: () => PointLps | null;
  readonly begin: (grid: Grid | null) => void;
  /** Puts the crosshair on the voxel nearest to `world`; all panes but `from` move there. */
  readonly setPoint: (world: PointLps, from: Pane | null) => void;
  /** Moves a new pane to where the others look. */
  readonly join: (pane: Pane) => void;
  /** Called before a pane takes other images, which begin in their middle. */
  readonly leave: (pane: Pane) => void;
  readonly follow: (pane: Pane) => void;
  readonly goTo: (target: Target) => void;
  readonly sliceTo: (id: PaneId, index: number) => void;
  readonly sliceBy: (delta: number) => void;
  readonly resetViews: () => void;
}

export function makeNavigation(host: PanesHost, onMoved: () => void): Navigation {
  let point: PointLps | null = null;
  let isMovingPanes = false;
  /** Panes that show the series and were moved to the point: only they may move it. */
  const joined = new WeakSet<Pane>();

  const moveQuietly = (move: () => void) => {
    isMovingPanes = true;
    try {
      move();
    } finally {
      isMovingPanes = false;
    }
  };

  const paneOf = (id: PaneId) => host.panes().find((pane) => pane.id === id);

  const setPoint = (world: PointLps, from: Pane | null) => {
    const grid = host.loaded()?.grid;
    if (!grid) return;
    const target = nearestVoxel(grid, world);
    point = target;
    moveQuietly(() => {
      for (const pane of host.panes()) if (pane !== from) pane.goTo(target);
    });
    onMoved();
  };

  const showSlice = (id: PaneId, index: number) => {
    const viewport = paneOf(id)?.viewport;
    const last = (viewport?.getNumberOfSlices() ?? 0) - 1;
    if (last > 0) void viewport?.setImageIdIndex(Math.max(0, Math.min(last, Math.round(index))));
  };

  const sliceTo = (id: PaneId, index: number) => {
    showSlice(id, paneOf(id)?.counted(index) ?? index);
  };

  const goToFrame = ({ sopInstanceUid, sliceIndex, frame = 1 }: Target) => {
    const frames = host.loaded()?.stack?.frames ?? [];
    const found = frames.findIndex(
      (one) => one.sopInstanceUid === sopInstanceUid && one.frame === frame,
    );
    const index = found >= 0 ? found : (sliceIndex ?? -1);
    if (index >= 0 && index < frames.length) sliceTo("stack", index);
  };

  return {
    point: () => point,
    begin: (grid) => {
      point = grid === null ? null : centreVoxelOf(grid);
    },
    setPoint,
    join: (pane) => {
      const target = point;
      if (target !== null) moveQuietly(() => pane.goTo(target));
      joined.add(pane);
    },
    leave: (pane) => {
      joined.delete(pane);
    },
    // A scrolled pane takes the crosshair along its normal; the other planes stay.
    follow: (pane) => {
      const plane = pane.plane();
      if (isMovingPanes || !joined.has(pane) || point === null || plane === null) return;
      const distance = dot(subtract(plane.point, point), plane.normal);
      if (Math.abs(distance) < 1e-3) return;
      point = scaleAdd(point, plane.normal, distance);
      onMoved();
    },
    goTo: (target) => {
      const geometry = host.loaded()?.volume?.geometry;
      if (geometry === undefined) {
        goToFrame(target);
        return;
      }
      const found = geometry.sop_instance_uids.indexOf(target.sopInstanceUid ?? "");
      const index = found >= 0 ? found : (target.sliceIndex ?? -1);
      const isSlice = index >= 0 && index < geometry.dimensions[2];
      const world = target.point ?? (isSlice ? sliceCentre(geometry, index) : null);
      if (world !== null) setPoint(world, null);
    },
    sliceTo,
    sliceBy: (delta) => {
      const { activePane } = host.state.get();
      const viewport = paneOf(activePane)?.viewport;
      if (viewport !== undefined) showSlice(activePane, viewport.getSliceIndex() + delta);
    },
    resetViews: () => {
      moveQuietly(() => {
        for (const pane of host.panes()) pane.viewport.resetViewState();
      });
    },
  };
}

function nearestVoxel(grid: Grid, world: PointLps): PointLps {
  const [i, j, k] = worldToIndex(grid, world);
  const inside = (value: number, size: number) =>
    Math.max(0, Math.min(size - 1, Math.round(value)));
  const [columns, rows, slices] = grid.dimensions;
  return indexToWorld(grid, [inside(i, columns), inside(j, rows), inside(k, slices)]);
}

function sliceCentre(grid: Grid, slice: number): PointLps {
  const [columns, rows] = grid.dimensions;
  return indexToWorld(grid, [Math.floor(columns / 2), Math.floor(rows / 2), slice]);
}
