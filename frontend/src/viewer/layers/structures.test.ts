import dicomParser from "dicom-parser";
import { describe, expect, it } from "vitest";
import type { ViewPlane } from "../labelPaint";
import { readParametricMap } from "./parametricFile";
import { valueAt } from "./resample";
import { readRtstruct } from "./rtstructFile";
import { maskOf, outlines, planeSpacing, type Structure } from "./structures";

/** A circle of 20 mm about (5, -5), on planes 3 mm apart from z 0 to 30. */
const CYLINDER: Structure = {
  number: 1,
  name: "GTV",
  colour: [255, 0, 0],
  spacing: 3,
  contours: Array.from({ length: 11 }, (_, slice) => ({
    z: slice * 3,
    points: Array.from({ length: 72 }, (_, step): [number, number] => {
      const angle = (step / 72) * 2 * Math.PI;
      return [5 + 20 * Math.cos(angle), -5 + 20 * Math.sin(angle)];
    }),
  })),
};

const transverse = (z: number): ViewPlane => ({
  topLeft: [-40, -40, z],
  perColumn: [0.5, 0, 0],
  perRow: [0, 0.5, 0],
});

describe("outlines of a structure", () => {
  it("are the drawn contours on their own slices", () => {
    const [line] = outlines(CYLINDER, () => null, transverse(10), 200, 200);
    for (const [x, y] of line ?? []) {
      // The view begins at (-40, -40); half a pixel is the middle of the first.
      const [dx, dy] = [(x - 0.5) / 2 - 45, (y - 0.5) / 2 - 35];
      expect(Math.hypot(dx, dy)).toBeCloseTo(20, 3);
    }
    expect(line).toHaveLength(73);
    expect(outlines(CYLINDER, () => null, transverse(33), 200, 200)).toHaveLength(0);
  });

  it("are cut out of the filled structure in upright planes", () => {
    const sagittal: ViewPlane = { topLeft: [5, -60, 60], perColumn: [0, 1, 0], perRow: [0, 0, -1] };
    const mask = maskOf(CYLINDER);
    const [line] = outlines(CYLINDER, () => mask, sagittal, 120, 120);
    const columns = (line ?? []).map(([x]) => x - 0.5 - 60);
    const heights = (line ?? []).map(([, y]) => 60 - (y - 0.5));
    expect(Math.abs(Math.min(...columns) + 25)).toBeLessThan(2);
    expect(Math.abs(Math.max(...columns) - 15)).toBeLessThan(2);
    // Half a plane is added at either end.
    expect(Math.abs(Math.min(...heights) + 1.5)).toBeLessThan(2);
    expect(Math.abs(Math.max(...heights) - 31.5)).toBeLessThan(2);
  });

  it("leave holes open", () => {
    const hole = CYLINDER.contours.map(({ z, points }) => ({
      z,
      points: points.map(([x, y]): [number, number] => [5 + (x - 5) / 2, -5 + (y + 5) / 2]),
    }));
    const ring = maskOf({ ...CYLINDER, contours: [...CYLINDER.contours, ...hole] });
    expect(ring && valueAt(ring, [5, -5, 15])).toBe(0);
    expect(ring && valueAt(ring, [20, -5, 15])).toBe(1);
  });

  it("have the volume that was drawn", () => {
    const mask = maskOf(CYLINDER);
    const [x, y, z] = mask?.grid.spacing ?? [0, 0, 0];
    const filled = Array.from(mask?.values ?? []).reduce((sum, value) => sum + value, 0);
    const wanted = Math.PI * 20 ** 2 * 33;
    expect(Math.abs(filled * x * y * z - wanted) / wanted).toBeLessThan(0.02);
  });

  it("are not drawn for a structure without contours", () => {
    expect(maskOf({ ...CYLINDER, contours: [] })).toBeNull();
    expect(planeSpacing([])).toBe(3);
  });
});

// --- DICOM files, written by hand: explicit little endian ------------------------------------

type Written = Uint8Array;

function element(tag: string, vr: string, value: string | Uint8Array): Written {
  const text = typeof value === "string" ? new TextEncoder().encode(value) : value;
  const padded = text.length % 2 === 0 ? text : Uint8Array.of(...text, 32);
  const isLong = ["OB", "OW", "OF", "SQ", "UN"].includes(vr);
  const head = new DataView(new ArrayBuffer(isLong ? 12 : 8));
  head.setUint16(0, Number.parseInt(tag.slice(0, 4), 16), true);
  head.setUint16(2, Number.parseInt(tag.slice(4), 16), true);
  head.setUint8(4, vr.charCodeAt(0));
  head.setUint8(5, vr.charCodeAt(1));
  if (isLong) head.setUint32(8, padded.length, true);
  else head.setUint16(6, padded.length, true);
  return joined([new Uint8Array(head.buffer), padded]);
}

function joined(parts: readonly Written[]): Written {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.length;
  }
  return whole;
}

const sequence = (tag: string, items: readonly Written[]): Written =>
  element(
    tag,
    "SQ",
    joined(
      items.map((item) => {
        const head = new DataView(new ArrayBuffer(8));
        head.setUint16(0, 0xfffe, true);
        head.setUint16(2, 0xe000, true);
        head.setUint32(4, item.length, true);
        return joined([new Uint8Array(head.buffer), item]);
      }),
    ),
  );

const us = (tag: string, value: number): Written =>
  element(tag, "US", new Uint8Array(Uint16Array.of(value).buffer));

function fileOf(parts: readonly Written[]) {
  const syntax = element("00020010", "UI", "1.2.840.10008.1.2.1\0");
  const size = new Uint8Array(Uint32Array.of(syntax.length).buffer);
  const head = [new Uint8Array(128), new TextEncoder().encode("DICM")];
  const meta = [element("00020000", "UL", size), syntax];
  return dicomParser.parseDicom(joined([...head, ...meta, ...parts]));
}

describe("a structure set's file", () => {
  const contour = (type: string, points: string) =>
    joined([element("30060042", "CS", type), element("30060050", "DS", points)]);
  const file = fileOf([
    sequence("30060020", [
      joined([element("30060022", "IS", "7"), element("30060026", "LO", "GTV_Mass")]),
      joined([element("30060022", "IS", "8"), element("30060026", "LO", "Marker")]),
    ]),
    sequence("30060039", [
      joined([
        element("3006002a", "IS", "255\\128\\0"),
        sequence("30060040", [
          contour("CLOSED_PLANAR", "0\\0\\6\\10\\0\\6\\10\\10\\6"),
          contour("CLOSED_PLANAR", "0\\0\\9\\10\\0\\9\\10\\10\\9"),
          contour("CLOSED_PLANAR", "0\\0\\9\\10\\0\\12\\10\\10\\15"),
        ]),
        element("30060084", "IS", "7"),
      ]),
      joined([sequence("30060040", [contour("POINT", "1\\2\\3")]), element("30060084", "IS", "8")]),
    ]),
  ]);

  it("gives names, colours and closed transverse contours", () => {
    const [mass, marker] = readRtstruct(file);
    expect(mass).toMatchObject({ number: 7, name: "GTV_Mass", colour: [255, 128, 0], spacing: 3 });
    expect(mass?.contours.map(({ z }) => z)).toEqual([6, 9]);
    expect(mass?.contours[0]?.points).toEqual([
      [0, 0],
      [10, 0],
      [10, 10],
    ]);
    expect(marker).toMatchObject({ name: "Marker", contours: [] });
  });

  it("is refused where it names no structures", () => {
    expect(() => readRtstruct(fileOf([us("00280010", 2)]))).toThrow("names no structures");
  });
});

describe("a parametric map's file", () => {
  const frame = (z: number) => sequence("00209113", [element("00200032", "DS", `-10\\-20\\${z}`)]);
  const values = Float32Array.of(1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16);
  const parts = (pixels: Float32Array) => [
    us("00280010", 2),
    us("00280011", 3),
    sequence("52009229", [
      joined([
        sequence("00209116", [element("00200037", "DS", "1\\0\\0\\0\\1\\0")]),
        sequence("00289110", [element("00280030", "DS", "2\\1.5")]),
      ]),
    ]),
    // Head first in the file: slices are sorted by where they lie.
    sequence("52009230", [frame(4), frame(0)]),
    element("7fe00008", "OF", new Uint8Array(pixels.buffer)),
  ];

  it("gives values and their place, from the feet up", () => {
    const map = readParametricMap(fileOf(parts(values)));
    expect(map.grid).toMatchObject({
      dimensions: [3, 2, 2],
      spacing: [1.5, 2, 4],
      origin: [-10, -20, 0],
    });
    expect(valueAt(map, [-10, -20, 0])).toBe(11);
    expect(valueAt(map, [-8.5, -18, 4])).toBe(5);
  });

  it("is refused where values are missing", () => {
    const short = () => readParametricMap(fileOf(parts(values.slice(0, 6))));
    expect(short).toThrow("ends before its frames do");
  });
});
