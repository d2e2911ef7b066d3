import { describe, expect, it } from "vitest";
import { type SegFile, type SegFrame, unpacked } from "./segFile";
import { gridOfPlane, largestOn, layOnStack, type StackImage } from "./stackLabels";

const AXIAL = [1, 0, 0, 0, 1, 0];

function image(name: string, z: number, columns = 2): StackImage {
  return {
    imageId: name,
    sopInstanceUid: name,
    frame: 1,
    isPlaced: true,
    grid: gridOfPlane({
      rows: 2,
      columns,
      rowCosines: [1, 0, 0],
      columnCosines: [0, 1, 0],
      rowPixelSpacing: 1,
      columnPixelSpacing: 1,
      imagePositionPatient: [0, 0, z],
    }),
  };
}

function frame(index: number, segment: number, z: number, source: string | null = null): SegFrame {
  return {
    index,
    segment,
    source: source === null ? null : { sopInstanceUid: source, frame: 1 },
    position: [0, 0, z],
    orientation: AXIAL,
  };
}

function seg(frames: SegFrame[], pixels: number[][]): SegFile {
  return {
    rows: 2,
    columns: 2,
    frames,
    pixels: (index) => Uint8Array.from(pixels[index] ?? []),
  };
}

const same = (segment: number) => segment;

describe("a segmentation of single images", () => {
  it("lies where the images lie, however far they are apart", () => {
    const images = [image("a", 0), image("b", 3), image("c", 40)];
    const file = seg(
      [frame(0, 1, 40), frame(1, 1, 3)],
      [
        [1, 1, 0, 0],
        [1, 0, 0, 0],
      ],
    );
    const laid = layOnStack(file, images, () => 17);
    expect([...laid.maps.keys()].sort()).toEqual(["b", "c"]);
    expect([...(laid.maps.get("c")?.labels ?? [])]).toEqual([17, 17, 0, 0]);
    expect(largestOn(laid, 17)).toBe("c");
    expect(largestOn(laid, 4)).toBeNull();
  });

  it("draws the highest segment on top, and one that holds several by their numbers", () => {
    const file = seg(
      [frame(0, 2, 0), frame(1, 1, 0), frame(2, 0, 3)],
      [
        [0, 1, 0, 0],
        [1, 1, 0, 0],
        [0, 3, 0, 1],
      ],
    );
    const laid = layOnStack(file, [image("a", 0), image("b", 3)], same);
    expect([...(laid.maps.get("a")?.labels ?? [])]).toEqual([1, 2, 0, 0]);
    expect([...(laid.maps.get("b")?.labels ?? [])]).toEqual([0, 3, 0, 1]);
  });

  it("counts the frames that lie on none of the images", () => {
    const file = seg(
      [frame(0, 1, 0), frame(1, 1, 9)],
      [
        [1, 0, 0, 0],
        [1, 0, 0, 0],
      ],
    );
    expect(layOnStack(file, [image("a", 0)], same).strayFrames).toBe(1);
  });

  it("trusts the name where two images share a place, and never another size", () => {
    const named = seg([frame(0, 1, 0, "b")], [[1, 0, 0, 0]]);
    const laid = layOnStack(named, [image("a", 0), image("b", 0)], same);
    expect([...laid.maps.keys()]).toEqual(["b"]);
    expect(() => layOnStack(named, [image("b", 0, 3)], same)).toThrow(/none of its frames/);
  });

  it("is unpacked bit by bit, from the middle of a byte on", () => {
    expect([...unpacked(new Uint8Array([0b10100000, 0b00000011]), 5, 5)]).toEqual([1, 0, 1, 1, 1]);
  });
});
