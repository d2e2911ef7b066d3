import type { Shortcut } from "./types";

export type ShortcutAction =
  | `tool:${"window" | "pan" | "zoom" | "scroll" | "crosshair" | "length" | "angle" | "ellipse"}`
  | `layout:${"one" | "three" | "four"}`
  | `preset:${1 | 2 | 3 | 4 | 5 | 6}`
  | "reset"
  | "invert"
  | "rotate"
  | "flip"
  | "cine"
  | "slice:previous"
  | "slice:next"
  | "slice:back10"
  | "slice:forward10"
  | "slice:first"
  | "slice:last"
  | "overlay:toggle"
  | "overlay:more"
  | "overlay:less"
  | `follow:${"flicker" | "map" | "lesions"}`
  | `plan:${"dose" | "isodoses" | "structures" | "fusion" | "beside" | "uncertainty"}`
  | "crosshair:toggle"
  | "measurement:delete"
  | "header";

/** Shown by the application's help sheet, and the only place where keys are bound. */
export const VIEWER_SHORTCUTS: readonly (Shortcut & { readonly action: ShortcutAction })[] = [
  { keys: ["w"], action: "tool:window", title: "Window and level", group: "Tools" },
  { keys: ["p"], action: "tool:pan", title: "Pan", group: "Tools" },
  { keys: ["z"], action: "tool:zoom", title: "Zoom", group: "Tools" },
  { keys: ["s"], action: "tool:scroll", title: "Scroll through slices", group: "Tools" },
  { keys: ["c"], action: "tool:crosshair", title: "Crosshair", group: "Tools" },
  { keys: ["l"], action: "tool:length", title: "Measure a length", group: "Tools" },
  { keys: ["a"], action: "tool:angle", title: "Measure an angle", group: "Tools" },
  { keys: ["e"], action: "tool:ellipse", title: "Measure an ellipse", group: "Tools" },
  {
    keys: ["Delete", "Backspace"],
    action: "measurement:delete",
    title: "Delete the selected measurement",
    group: "Tools",
  },
  { keys: ["1"], action: "preset:1", title: "First window preset", group: "Window" },
  { keys: ["2"], action: "preset:2", title: "Second window preset", group: "Window" },
  { keys: ["3"], action: "preset:3", title: "Third window preset", group: "Window" },
  { keys: ["4"], action: "preset:4", title: "Fourth window preset", group: "Window" },
  { keys: ["5"], action: "preset:5", title: "Fifth window preset", group: "Window" },
  { keys: ["6"], action: "preset:6", title: "Sixth window preset", group: "Window" },
  { keys: ["i"], action: "invert", title: "Invert grey values", group: "Window" },
  { keys: ["r"], action: "reset", title: "Reset view and window", group: "View" },
  { keys: ["f"], action: "flip", title: "Flip left to right (single images)", group: "View" },
  { keys: ["t"], action: "rotate", title: "Turn by 90° (single images)", group: "View" },
  { keys: ["x"], action: "crosshair:toggle", title: "Show or hide the crosshair", group: "View" },
  { keys: ["Shift+1"], action: "layout:one", title: "One view", group: "View" },
  { keys: ["Shift+2"], action: "layout:four", title: "Two by two", group: "View" },
  { keys: ["Shift+3"], action: "layout:three", title: "Three planes", group: "View" },
  { keys: ["h"], action: "header", title: "DICOM header", group: "View" },
  {
    keys: ["ArrowUp", "ArrowLeft"],
    action: "slice:previous",
    title: "Previous slice",
    group: "Navigate",
  },
  {
    keys: ["ArrowDown", "ArrowRight"],
    action: "slice:next",
    title: "Next slice",
    group: "Navigate",
  },
  { keys: ["PageUp"], action: "slice:back10", title: "Ten slices back", group: "Navigate" },
  { keys: ["PageDown"], action: "slice:forward10", title: "Ten slices on", group: "Navigate" },
  { keys: ["Home"], action: "slice:first", title: "First slice", group: "Navigate" },
  { keys: ["End"], action: "slice:last", title: "Last slice", group: "Navigate" },
  { keys: ["Space"], action: "cine", title: "Play or pause", group: "Navigate" },
  {
    keys: ["o"],
    action: "overlay:toggle",
    title: "Show or hide the segmentation",
    group: "Overlay",
  },
  { keys: ["]"], action: "overlay:more", title: "Segmentation more opaque", group: "Overlay" },
  { keys: ["["], action: "overlay:less", title: "Segmentation more transparent", group: "Overlay" },
  { keys: ["d"], action: "plan:dose", title: "Dose as colour wash", group: "Plan" },
  { keys: ["Shift+I"], action: "plan:isodoses", title: "Isodose lines", group: "Plan" },
  { keys: ["Shift+S"], action: "plan:structures", title: "Outlines of structures", group: "Plan" },
  { keys: ["Shift+F"], action: "plan:fusion", title: "Next way to lay two images", group: "Plan" },
  { keys: ["b"], action: "plan:beside", title: "Second image beside the first", group: "Plan" },
  { keys: ["u"], action: "plan:uncertainty", title: "Uncertainty map", group: "Plan" },
  {
    keys: ["k"],
    action: "follow:flicker",
    title: "Flicker between two images, or hold",
    group: "Follow-up",
  },
  { keys: ["m"], action: "follow:map", title: "Colour map on or off", group: "Follow-up" },
  { keys: ["n"], action: "follow:lesions", title: "Outlines of lesions", group: "Follow-up" },
];

export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/**
 * "Shift+1" needs the physical digit: with Shift the key itself reads "!" on most layouts. A letter
 * with Shift counts by itself only where it is bound: capitals work like small letters else.
 */
export function nameOfKey(press: KeyPress): string {
  if (press.shiftKey && /^Digit\d$/.test(press.code)) return `Shift+${press.code.slice(5)}`;
  const shifted = `Shift+${press.key.toUpperCase()}`;
  if (press.shiftKey && isBound(shifted)) return shifted;
  if (press.key === " ") return "Space";
  return press.key.length === 1 ? press.key.toLowerCase() : press.key;
}

const isBound = (name: string) => VIEWER_SHORTCUTS.some((shortcut) => shortcut.keys.includes(name));

export function actionOfKey(press: KeyPress): ShortcutAction | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  const name = nameOfKey(press);
  return VIEWER_SHORTCUTS.find((shortcut) => shortcut.keys.includes(name))?.action ?? null;
}

/** The key to show beside an action in a tooltip. */
export function keyOfAction(action: ShortcutAction): string {
  const key = VIEWER_SHORTCUTS.find((shortcut) => shortcut.action === action)?.keys[0] ?? "";
  return key.length === 1 ? key.toUpperCase() : key;
}
