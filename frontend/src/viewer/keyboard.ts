/** Runs a shortcut on the session; true where it did something. */

import type { ViewerSession } from "./session";
import type { ShortcutAction } from "./shortcuts";
import type { ToolId } from "./tools";
import type { Layout } from "./viewerState";

const NAVIGATION = /^(Arrow|Page|Home$|End$)/;

/** Ticks, choices and sliders take spaces and arrows, but no letters. */
const TEXT_FIELDS = "textarea, input:not([type=checkbox], [type=radio], [type=range])";

/** What has keys of its own. */
const OWN_KEYS = `${TEXT_FIELDS}, select, [role=dialog], [data-own-keys]`;

/** Keys belong to the viewer unless a text field, a menu or another panel has them. */
export function shouldIgnoreKey(event: KeyboardEvent, root: HTMLElement | null): boolean {
  if (event.defaultPrevented || !(event.target instanceof HTMLElement)) return true;
  const { target } = event;
  if (target.isContentEditable || target.closest(OWN_KEYS)) {
    return true;
  }
  const isButton = target.closest("button, a, input, [role=menu], [role=tablist]") !== null;
  if (isButton && (event.key === " " || NAVIGATION.test(event.key))) return true;
  const isInside = target === document.body || (root?.contains(target) ?? false);
  const isPositional = NAVIGATION.test(event.key) || event.key === " " || event.key === "Backspace";
  return isPositional && !isInside;
}

/** A button pressed with the pointer lets go of the keyboard: the arrow keys are the images'. */
export function letGoOfButton(event: MouseEvent): void {
  // A press by the keyboard counts no clicks; it keeps the focus where the person is.
  if (event.detail === 0 || !(event.target instanceof Element)) return;
  event.target.closest("button")?.blur();
}

export function runShortcut(session: ViewerSession, action: ShortcutAction): boolean {
  const state = session.state.get();
  if (state.status !== "ready") return false;
  const [kind, what] = action.split(":") as [string, string | undefined];
  switch (kind) {
    case "tool":
      session.setTool(what as ToolId);
      return true;
    case "layout":
      session.state.set({ layout: what as Layout });
      return true;
    case "preset": {
      const preset = state.presets[Number(what) - 1];
      if (preset !== undefined) session.window.applyPreset(preset.id);
      return preset !== undefined;
    }
    case "slice":
      moveSlice(session, what as string);
      return true;
    case "overlay":
      changeOverlay(session, what as string);
      return true;
    case "plan":
      return changePlan(session, what as string);
    case "follow":
      return changeFollowup(session, what as string);
    default:
      return runSimple(session, action);
  }
}

function runSimple(session: ViewerSession, action: ShortcutAction): boolean {
  const simple: Partial<Record<ShortcutAction, () => void>> = {
    reset: () => session.reset(),
    invert: () => session.window.toggleInverted(),
    rotate: () => session.turn(),
    flip: () => session.mirror(),
    cine: () => session.cine.toggle(),
    "crosshair:toggle": () => session.toggleCrosshair(),
    "measurement:delete": () => session.measurements.removeSelected(),
    header: () => session.state.set({ isHeaderShown: !session.state.get().isHeaderShown }),
  };
  simple[action]?.();
  return action in simple;
}

function moveSlice(session: ViewerSession, what: string): void {
  const { activePane } = session.state.get();
  const steps: Record<string, number> = { previous: -1, next: 1, back10: -10, forward10: 10 };
  const step = steps[what];
  if (step !== undefined) session.navigation.sliceBy(step);
  else session.navigation.sliceTo(activePane, what === "first" ? 0 : Number.MAX_SAFE_INTEGER);
}

function changePlan({ layers }: ViewerSession, what: string): boolean {
  const look = layers.state.get();
  const changes: Record<string, () => void> = {
    dose: () => layers.change({ isWashShown: !look.isWashShown }),
    isodoses: () => layers.change({ areIsodosesShown: !look.areIsodosesShown }),
    structures: () => layers.change({ areStructuresShown: !look.areStructuresShown }),
    fusion: () => layers.cycleFusion(),
    beside: () => layers.change({ isBeside: !look.isBeside }),
    uncertainty: () => layers.change({ isUncertaintyShown: !look.isUncertaintyShown }),
  };
  changes[what]?.();
  return what in changes;
}

function changeFollowup({ layers }: ViewerSession, what: string): boolean {
  const { isMapShown, areLesionsShown } = layers.follow.state.get();
  const changes: Record<string, () => void> = {
    flicker: () => layers.pressFlicker(),
    map: () => layers.follow.change({ isMapShown: !isMapShown }),
    lesions: () => layers.follow.change({ areLesionsShown: !areLesionsShown }),
  };
  changes[what]?.();
  return what in changes;
}

function changeOverlay(session: ViewerSession, what: string): void {
  const { overlay } = session;
  const { opacity, isShown } = overlay.state.get();
  if (what === "toggle") overlay.change({ isShown: !isShown });
  else {
    const next = opacity + (what === "more" ? 0.1 : -0.1);
    overlay.change({ opacity: Math.max(0, Math.min(1, Math.round(next * 10) / 10)) });
  }
}
