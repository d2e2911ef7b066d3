/** Reads the structures of an RTSTRUCT object. */

import type { DataSet } from "dicom-parser";
import { ViewerError } from "../api";
import { itemsOf, numbersOf } from "../dicomItems";
import type { Rgb } from "./colours";
import { type PlanarContour, planeSpacing, type Structure } from "./structures";

const SETS = "x30060020";
const CONTOURS = "x30060039";
const UNSET: Rgb = [230, 200, 90];

export function readRtstruct(data: DataSet): Structure[] {
  const names = new Map(
    itemsOf(data, SETS).map((roi) => [
      roi.intString("x30060022") ?? 0,
      roi.string("x30060026") ?? "",
    ]),
  );
  if (names.size === 0) {
    throw new ViewerError("structures_empty", "This structure set names no structures.");
  }
  return itemsOf(data, CONTOURS).map((roi) => {
    const number = roi.intString("x30060084") ?? 0;
    const contours = itemsOf(roi, "x30060040").flatMap(contourOf);
    return {
      number,
      name: names.get(number) || `ROI ${number}`,
      colour: colourOf(numbersOf(roi, "x3006002a")),
      contours,
      spacing: planeSpacing(contours),
    };
  });
}

/** A closed contour in a transverse plane. Points, open lines and tilted planes are left out. */
function contourOf(item: DataSet): PlanarContour[] {
  if (item.string("x30060042") !== "CLOSED_PLANAR") return [];
  const values = numbersOf(item, "x30060050");
  const z = values[2];
  if (z === undefined || values.length < 9) return [];
  const points: [number, number][] = [];
  for (let at = 0; at + 2 < values.length; at += 3) {
    if (Math.abs((values[at + 2] as number) - z) > 0.5) return [];
    points.push([values[at] as number, values[at + 1] as number]);
  }
  return [{ z, points }];
}

function colourOf(values: readonly number[]): Rgb {
  const [red, green, blue] = values;
  if (red === undefined || green === undefined || blue === undefined) return UNSET;
  // A black outline cannot be seen on an image.
  return red + green + blue < 60 ? UNSET : [red, green, blue];
}
