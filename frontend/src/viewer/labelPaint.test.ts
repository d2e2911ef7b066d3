import { describe, expect, it } from "vitest";
import type { Segment } from "./api";
import { middleOf } from "./labelMiddle";
import {
  type LabelMap,
  labelColours,
  paintLabels,
  type ViewPlane,
  withDistinctColours,
} from "./labelPaint";

const SEGMENTS: readonly Segment[] = [
  { number: 1, label: "Left hippocampus", color: [220, 216, 20], structure_label: 17 },
  { number: 2, label: "Left thalamus", color: [0, 118, 14], structure_label: 10 },
];
const LOOK = { opacity: 0.5, hidden: new Set<number>(), highlighted: null, glow: 0 };
const alphaOf = (pixel: number | undefined) => (pixel ?? 0) >>> 24;

/** 6 x 5 x 4 voxels of 2 mm; a 3 x 3 x 2 block of label 17 from voxel (2, 1, 1). */
function block(): LabelMap {
  const labels = new Uint16Array(6 * 5 * 4);
  for (let k = 1; k < 3; k++) {
    for (let j = 1; j < 4; j++) for (let i = 2; i < 5; i++) labels[k * 30 + j * 6 + i] = 17;
  }
  return {
    grid: {
      dimensions: [6, 5, 4],
      spacing: [2, 2, 2],
      origin: [0, 0, 0],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    },
    labels,
  };
}

function axial(z: number, step: number): ViewPlane {
  return { topLeft: [0, 0, z], perColumn: [step, 0, 0], perRow: [0, step, 0] };
}

describe("label colours", () => {
  it("are indexed by FreeSurfer id and leave the others clear", () => {
    const { fill } = labelColours(SEGMENTS, LOOK);
    expect(fill.length).toBe(18);
    expect(fill[17]).toBe(0x8014d8dc);
    expect(fill[11]).toBe(0);
  });

  it("leave hidden structures clear", () => {
    const { fill, edge } = labelColours(SEGMENTS, { ...LOOK, hidden: new Set([17]) });
    expect([fill[17], edge[17]]).toEqual([0, 0]);
    expect(alphaOf(fill[10])).toBeGreaterThan(0);
  });

  it("mute the others beside a highlighted structure", () => {
    const { fill, edge } = labelColours(SEGMENTS, { ...LOOK, highlighted: 17 });
    expect(alphaOf(fill[10])).toBeLessThan(alphaOf(fill[17]));
    expect(alphaOf(edge[17])).toBe(255);
  });

  it("keep a highlighted structure visible at zero opacity", () => {
    const { fill } = labelColours(SEGMENTS, { ...LOOK, opacity: 0, highlighted: 17 });
    expect(alphaOf(fill[17])).toBeGreaterThan(60);
    expect(alphaOf(fill[10])).toBe(0);
  });
});

describe("painting a plane", () => {
  const colours = labelColours(SEGMENTS, LOOK);

  it("puts each voxel where it lies", () => {
    const out = new Uint32Array(6 * 5);
    paintLabels(out, 6, 5, block(), axial(2, 2), colours);
    const painted = [...out].map((pixel) => (pixel === 0 ? "." : "#")).join("");
    expect(painted.match(/.{6}/g)).toEqual(["......", "..###.", "..###.", "..###.", "......"]);
  });

  it("draws the border firmer than the inside", () => {
    const out = new Uint32Array(24 * 20);
    paintLabels(out, 24, 20, block(), axial(2, 0.5), colours);
    const row = [...out.slice(9 * 24, 10 * 24)].filter((pixel) => pixel !== 0);
    expect(row[0]).toBe(colours.edge[17]);
    expect(row.slice(1).every((pixel) => pixel === colours.fill[17])).toBe(true);
  });

  it("draws nothing beside the volume and clears what was there", () => {
    const out = new Uint32Array(30).fill(7);
    paintLabels(out, 6, 5, block(), axial(40, 2), colours);
    expect(out.every((pixel) => pixel === 0)).toBe(true);
  });

  it("follows a coronal plane seen from the front", () => {
    const out = new Uint32Array(6 * 4);
    const coronal: ViewPlane = { topLeft: [0, 4, 6], perColumn: [2, 0, 0], perRow: [0, 0, -2] };
    paintLabels(out, 6, 4, block(), coronal, colours);
    const painted = [...out].map((pixel) => (pixel === 0 ? "." : "#")).join("");
    expect(painted.match(/.{6}/g)).toEqual(["......", "..###.", "..###.", "......"]);
  });

  it("never reads past the map at its very edge", () => {
    const map = block();
    map.labels.fill(17);
    const out = new Uint32Array(40 * 40);
    paintLabels(out, 40, 40, map, { ...axial(6.999, 0.37), topLeft: [-1, -1, 6.999] }, colours);
    expect(out.filter((pixel) => pixel !== 0).length).toBeGreaterThan(800);
  });
});

describe("the middle of a structure", () => {
  it("is a voxel of it on its largest slice", () => {
    expect(middleOf(block(), 17)).toEqual([6, 4, 2]);
  });

  it("is unknown for a structure that is not there", () => {
    expect(middleOf(block(), 99)).toBeNull();
  });
});

describe("segments stored without colours", () => {
  const plain = SEGMENTS.map((segment) => ({ ...segment, color: [255, 200, 0] }));

  it("are told apart", () => {
    const shown = withDistinctColours(plain).map((segment) => segment.color.join());
    expect(new Set(shown).size).toBe(plain.length);
  });

  it("keep the colours that they have", () => {
    expect(withDistinctColours(SEGMENTS)).toBe(SEGMENTS);
    expect(withDistinctColours(plain.slice(0, 1))[0]?.color).toEqual([255, 200, 0]);
  });
});
