/** Draws the layers of a plan in one view, from the second image up to the outlines. */

import type { ViewerDose } from "../types";
import {
  type Colouring,
  cssColour,
  differenceColouring,
  doseColouring,
  gammaColouring,
  greyColouring,
  ISODOSES,
  risingColouring,
  signedColouring,
} from "./colours";
import { checkerSquares, drawPlane, LENS_PX, subtractPlanes } from "./compose";
import { strokeLines } from "./drawLines";
import { isolines, type Line } from "./isolines";
import type { FusionMode, LayersState } from "./layerState";
import type { Scene } from "./planCanvas";
import { type ScalarVolume, samplePlane, stepFor } from "./resample";
import { outlines, type Structure } from "./structures";

/** Samples of a view: images need its pixels, a dose grid of some millimetres far fewer. */
const IMAGE_SAMPLES = 260_000;
const DOSE_SAMPLES = 45_000;

const DIFFERENCE_OPACITY = 0.85;
const UNCERTAINTY_OPACITY = 0.7;

export interface ShownDose {
  readonly dose: ViewerDose;
  readonly volume: ScalarVolume;
}

export interface ShownStructure {
  readonly structure: Structure;
  readonly mask: () => ScalarVolume | null;
}

/** The volumes that have come; null where a layer has none. */
export interface LayerVolumes {
  readonly base: ScalarVolume | null;
  readonly companion: ScalarVolume | null;
  /** The second minus the first where both are scaled to their own values: MR has no unit. */
  readonly scaled: { readonly first: ScalarVolume; readonly second: ScalarVolume } | null;
  /** Grey window of the second image, real units. */
  readonly companionWindow: { readonly lower: number; readonly upper: number } | null;
  readonly lower: ScalarVolume | null;
  readonly upper: ScalarVolume | null;
  readonly dose: ShownDose | null;
  readonly structures: readonly ShownStructure[];
}

export function drawLayers(scene: Scene, volumes: LayerVolumes, state: LayersState): void {
  drawFusion(scene, volumes, state);
  drawUncertainty(scene, volumes, state);
  drawDose(scene, volumes.dose, state);
  if (state.areStructuresShown) drawStructures(scene, volumes.structures, state);
}

/** The second image by itself, for the view beside the first. */
export function drawCompanion(scene: Scene, volumes: LayerVolumes, state: LayersState): void {
  drawGrey(scene, volumes);
  drawUncertainty(scene, volumes, state);
  drawDose(scene, volumes.dose, state);
  if (state.areStructuresShown) drawStructures(scene, volumes.structures, state);
}

const CURSOR_PX = 9;

/** Where the pointer is in the other view. */
export function drawCursor({ context }: Scene, at: readonly [number, number] | null): void {
  if (at === null) return;
  const [x, y] = at;
  const cross: Line[] = [
    [
      [x - CURSOR_PX, y],
      [x + CURSOR_PX, y],
    ],
    [
      [x, y - CURSOR_PX],
      [x, y + CURSOR_PX],
    ],
  ];
  strokeLines(context, cross, "#f2f6fa", 1.25);
}

function drawFusion(scene: Scene, volumes: LayerVolumes, state: LayersState): void {
  const { context } = scene;
  if (state.fusion === "off" || volumes.companion === null) return;
  if (state.fusion === "difference") {
    drawDifference(scene, volumes, state);
    return;
  }
  if (state.fusion === "flicker" && !state.isSecondShown) return;
  if (state.fusion === "spyglass" && scene.pointer === null) return;
  context.save();
  clipTo(state.fusion, scene);
  if (state.fusion === "blend") context.globalAlpha = state.mix;
  drawGrey(scene, volumes);
  context.restore();
  if (state.fusion === "spyglass") drawLens(scene);
}

function clipTo(fusion: FusionMode, { context, size, pointer }: Scene): void {
  if (fusion === "blend" || fusion === "flicker" || fusion === "off") return;
  context.beginPath();
  if (fusion === "checkerboard") {
    for (const square of checkerSquares(size.width, size.height)) context.rect(...square);
  } else if (pointer !== null) context.arc(pointer[0], pointer[1], LENS_PX, 0, 2 * Math.PI);
  context.clip();
}

function drawLens({ context, pointer }: Scene): void {
  if (pointer === null) return;
  context.beginPath();
  context.arc(pointer[0], pointer[1], LENS_PX, 0, 2 * Math.PI);
  context.strokeStyle = "rgb(227 233 238 / 80%)";
  context.lineWidth = 1.5;
  context.stroke();
}

function drawGrey(scene: Scene, { companion, companionWindow }: LayerVolumes): void {
  if (companion === null || companionWindow === null) return;
  const { lower, upper } = companionWindow;
  paintVolume(scene, companion, greyColouring(lower, upper), "grey");
}

export function paintVolume(
  { context, view, size }: Scene,
  volume: ScalarVolume,
  colouring: Colouring,
  slot: string,
): void {
  const step = stepFor(size.width, size.height, IMAGE_SAMPLES);
  const plane = samplePlane(volume, view, size.width, size.height, step);
  if (plane !== null) drawPlane(context, plane, colouring, slot);
}

/** The shown image minus the second one; of two visits the later minus the earlier. */
function drawDifference(scene: Scene, volumes: LayerVolumes, state: LayersState): void {
  const { base, companion, scaled } = volumes;
  if (scaled !== null) {
    const colouring = signedColouring(state.differencePercent / 100, DIFFERENCE_OPACITY);
    drawSubtraction(scene, scaled.second, scaled.first, colouring);
    return;
  }
  if (base === null || companion === null) return;
  const colouring = differenceColouring(state.differenceRange, DIFFERENCE_OPACITY);
  drawSubtraction(scene, base, companion, colouring);
}

function drawUncertainty(scene: Scene, { lower, upper }: LayerVolumes, state: LayersState): void {
  if (!state.isUncertaintyShown || lower === null || upper === null) return;
  const colouring = risingColouring(state.uncertaintyRange, UNCERTAINTY_OPACITY);
  drawSubtraction(scene, upper, lower, colouring);
}

function drawSubtraction(
  { context, view, size }: Scene,
  a: ScalarVolume,
  b: ScalarVolume,
  colouring: Colouring,
): void {
  const step = stepFor(size.width, size.height, IMAGE_SAMPLES);
  const first = samplePlane(a, view, size.width, size.height, step);
  const second = samplePlane(b, view, size.width, size.height, step);
  if (first === null || second === null) return;
  drawPlane(context, subtractPlanes(first, second), colouring, "difference");
}

function washColouring(dose: ViewerDose, state: LayersState): Colouring {
  if (dose.kind === "gamma") return gammaColouring(state.doseOpacity);
  if (dose.kind === "difference") {
    return differenceColouring(differenceRangeOf(dose), state.doseOpacity);
  }
  return doseColouring(dose.prescriptionGy, state.doseThreshold, state.doseOpacity);
}

/** Five percent of the prescription take the full colour of a dose difference. */
export const differenceRangeOf = (dose: ViewerDose): number => dose.prescriptionGy * 0.05;

function drawDose({ context, view, size }: Scene, shown: ShownDose | null, state: LayersState) {
  const hasLines = shown?.dose.kind === "dose" && state.areIsodosesShown;
  if (shown === null || (!state.isWashShown && !hasLines)) return;
  const step = stepFor(size.width, size.height, DOSE_SAMPLES);
  const plane = samplePlane(shown.volume, view, size.width, size.height, step);
  if (plane === null) return;
  if (state.isWashShown) drawPlane(context, plane, washColouring(shown.dose, state), "dose");
  if (!hasLines) return;
  for (const { percent, colour } of ISODOSES) {
    if (state.hiddenLevels.has(percent)) continue;
    const level = (shown.dose.prescriptionGy * percent) / 100;
    strokeLines(context, isolines(plane, level), cssColour(colour), percent === 100 ? 2 : 1.25);
  }
}

function drawStructures(
  { context, view, size }: Scene,
  structures: readonly ShownStructure[],
  state: LayersState,
): void {
  for (const { structure, mask } of structures) {
    if (state.hiddenStructures.has(structure.number)) continue;
    const lines = outlines(structure, mask, view, size.width, size.height);
    strokeLines(context, lines, cssColour(structure.colour), 1.75);
  }
}
