import { describe, expect, it } from "vitest";
import type { LoadedSeries } from "./loadedSeries";
import { makeNavigation } from "./navigation";
import type { Pane } from "./pane";
import { createStore } from "./store";
import type { PointLps } from "./types";
import { initialState } from "./viewerState";

const GRID = {
  dimensions: [100, 100, 50],
  spacing: [1, 1, 2],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const;

/** A pane as far as navigation knows it: a plane that can be moved through a point. */
function makePane(id: "axial" | "sagittal", normal: PointLps) {
  const state = { point: [50, 50, 50] as PointLps };
  const pane = {
    id,
    plane: () => ({ point: [...state.point], normal: [...normal] }),
    goTo: (point: PointLps) => {
      state.point = point;
    },
  } as unknown as Pane;
  return { pane, state };
}

function setUp() {
  const axial = makePane("axial", [0, 0, -1]);
  const sagittal = makePane("sagittal", [1, 0, 0]);
  const navigation = makeNavigation(
    {
      state: createStore(initialState("cpu")),
      loaded: () =>
        ({
          grid: GRID,
          volume: { geometry: { ...GRID, sop_instance_uids: [] } },
        }) as unknown as LoadedSeries,
      panes: () => [axial.pane, sagittal.pane],
    },
    () => undefined,
  );
  navigation.begin(GRID);
  return { axial, sagittal, navigation };
}

describe("the crosshair", () => {
  it("moves the other planes to the nearest voxel, not the one that was clicked", () => {
    const { axial, sagittal, navigation } = setUp();
    navigation.setPoint([10.4, 20, 31.2], axial.pane);
    expect(sagittal.state.point).toEqual([10, 20, 32]);
    expect(axial.state.point).toEqual([50, 50, 50]);
  });

  it("stays inside the volume", () => {
    const { navigation } = setUp();
    navigation.setPoint([-40, 500, 20], null);
    expect(navigation.point()).toEqual([0, 99, 20]);
  });

  it("follows a scrolled plane along its normal alone", () => {
    const { axial, navigation } = setUp();
    navigation.join(axial.pane);
    navigation.setPoint([10, 20, 30], null);
    axial.state.point = [10, 20, 44];
    navigation.follow(axial.pane);
    expect(navigation.point()).toEqual([10, 20, 44]);
  });

  it("is not pulled to the middle by a pane that has only just got its images", () => {
    const { axial, navigation } = setUp();
    navigation.goTo({ point: null, sopInstanceUid: null, sliceIndex: 30 });
    navigation.leave(axial.pane);
    axial.state.point = [50, 50, 50];
    navigation.follow(axial.pane);
    expect(navigation.point()?.[2]).toBe(60);
    navigation.join(axial.pane);
    expect(axial.state.point[2]).toBe(60);
  });
});
