/** The tools of the viewer and which mouse button each answers to. */

import {
  AngleTool,
  addTool,
  annotation,
  EllipticalROITool,
  Enums,
  LengthTool,
  PanTool,
  StackScrollTool,
  ToolGroupManager,
  type Types,
  WindowLevelTool,
  ZoomTool,
} from "@cornerstonejs/tools";
import { CrosshairTool } from "./crosshairTool";
import { roiLines } from "./roiText";
import type { MeasurementTool } from "./types";

export type ToolId =
  | "window"
  | "pan"
  | "zoom"
  | "scroll"
  | "crosshair"
  | "length"
  | "angle"
  | "ellipse";

const CORNERSTONE_NAME: Record<ToolId, string> = {
  window: WindowLevelTool.toolName,
  pan: PanTool.toolName,
  zoom: ZoomTool.toolName,
  scroll: StackScrollTool.toolName,
  crosshair: CrosshairTool.toolName,
  length: LengthTool.toolName,
  angle: AngleTool.toolName,
  ellipse: EllipticalROITool.toolName,
};

/** Cornerstone's names of the annotation tools are what the API stores as `tool`. */
export const MEASURING: readonly MeasurementTool[] = ["Length", "Angle", "EllipticalROI"];

export function registerTools(): void {
  for (const tool of [
    WindowLevelTool,
    PanTool,
    ZoomTool,
    StackScrollTool,
    CrosshairTool,
    LengthTool,
    AngleTool,
    EllipticalROITool,
  ]) {
    addTool(tool);
  }
  const { style } = annotation.config;
  const defaults = style.getDefaultToolStyles();
  style.setDefaultToolStyles({
    ...defaults,
    global: {
      ...defaults.global,
      color: "rgb(255, 214, 102)",
      colorHighlighted: "rgb(255, 240, 190)",
      colorSelected: "rgb(120, 220, 255)",
      colorLocked: "rgb(255, 214, 102)",
      lineWidth: "1.5",
      lineDash: "",
      shadow: true,
      textBoxFontFamily: "inherit",
      textBoxFontSize: "12px",
      textBoxColor: "rgb(255, 214, 102)",
      textBoxColorHighlighted: "rgb(255, 240, 190)",
      textBoxColorSelected: "rgb(120, 220, 255)",
      textBoxColorLocked: "rgb(255, 214, 102)",
      textBoxBackground: "rgba(8, 10, 14, 0.72)",
      textBoxLinkLineWidth: "1",
      textBoxLinkLineDash: "2,3",
      markerSize: "10",
      angleArcLineDash: "",
    },
  });
}

export type CrosshairListener = (viewportId: string, world: [number, number, number]) => void;

export function makeToolGroup(id: string, onCrosshair: CrosshairListener): Types.IToolGroup {
  const group = ToolGroupManager.createToolGroup(id);
  if (group === undefined) throw new Error(`A tool group named ${id} is already there.`);
  for (const name of Object.values(CORNERSTONE_NAME)) {
    if (name === CrosshairTool.toolName) group.addTool(name, { onPoint: onCrosshair });
    else if (name === EllipticalROITool.toolName) group.addTool(name, { getTextLines: roiLines });
    else group.addTool(name);
  }
  return group;
}

const { MouseBindings } = Enums;

/** The chosen tool on the left button; zoom right, pan in the middle, scroll on the wheel. */
export function activateTool(group: Types.IToolGroup, tool: ToolId, canMeasure: boolean): void {
  for (const [id, name] of Object.entries(CORNERSTONE_NAME) as [ToolId, string][]) {
    group.setToolPassive(name, { removeAllBindings: true });
    const bindings: Types.IToolBinding[] = [];
    if (id === tool) bindings.push({ mouseButton: MouseBindings.Primary });
    if (id === "zoom") bindings.push({ mouseButton: MouseBindings.Secondary });
    if (id === "zoom") bindings.push({ numTouchPoints: 2 });
    if (id === "pan") bindings.push({ mouseButton: MouseBindings.Auxiliary });
    if (id === "scroll") bindings.push({ mouseButton: MouseBindings.Wheel });
    if (bindings.length > 0) group.setToolActive(name, { bindings });
    const isMeasuring = id === "length" || id === "angle" || id === "ellipse";
    // Without the right to change them, drawings stay visible but cannot be moved.
    if (isMeasuring && !canMeasure) group.setToolEnabled(name);
  }
}

export function removeToolGroup(id: string): void {
  ToolGroupManager.destroyToolGroup(id);
}
