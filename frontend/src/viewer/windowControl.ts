/** One window for all panes: from a preset, from the voxels, or from a drag in one of them. */

import { type LoadedSeries, voxelsOf } from "./loadedSeries";
import type { Pane } from "./pane";
import type { Store } from "./store";
import type { ViewerState } from "./viewerState";
import { presetRange, type Range, toRealWindow } from "./windowing";

export interface PanesHost {
  readonly state: Store<ViewerState>;
  readonly loaded: () => LoadedSeries | null;
  readonly panes: () => readonly Pane[];
}

export interface WindowControl {
  /** The window to begin with; again while voxels arrive, unless a person chose one. */
  readonly applyFirst: (loaded: LoadedSeries) => void;
  readonly applyPreset: (presetId: string) => void;
  readonly follow: (from: Pane, range: Range) => void;
  readonly toggleInverted: () => void;
  /** The window in real units, lower below upper. */
  readonly realRange: () => Range | null;
}

/** The preset id of a window that a person dragged. */
const OWN = "own";

export function makeWindowControl(host: PanesHost): WindowControl {
  const { state } = host;

  const setRange = (range: Range, presetId: string, from: Pane | null) => {
    const current = state.get().range;
    // Setting a window draws each pane again: not for the same one.
    if (current !== null && isSameRange(current, range)) {
      state.set({ presetId });
      return;
    }
    state.set({ range, window: toRealWindow(range, state.get().rescale), presetId });
    for (const pane of host.panes()) {
      if (pane !== from) pane.setWindow(range, state.get().isInverted);
    }
  };

  const applyPreset = (presetId: string) => {
    const loaded = host.loaded();
    const preset = state.get().presets.find((one) => one.id === presetId);
    if (loaded === null || preset === undefined) return;
    const viewport = host.panes()[0]?.viewport;
    if (preset.window === "file" && loaded.mode === "stack") {
      const own = viewport?.getDefaultVOIRange();
      if (own !== undefined) setRange(own, presetId, null);
      return;
    }
    const voxels = voxelsOf(loaded, viewport?.getCurrentImageId() ?? null);
    const range = presetRange(preset, loaded.rescale(), loaded.storedWindow, voxels);
    if (range !== null) setRange(range, presetId, null);
  };

  return {
    applyPreset,
    realRange: () => {
      const { window } = state.get();
      if (window === null) return null;
      return { lower: window.center - window.width / 2, upper: window.center + window.width / 2 };
    },
    applyFirst: (loaded) => {
      const { presetId, presets } = state.get();
      if (presetId === OWN) return;
      const own = loaded.storedWindow === null ? firstPreset(loaded.modality) : "file";
      const wanted = presetId ?? own;
      if (presets.some((preset) => preset.id === wanted)) applyPreset(wanted);
    },
    follow: (from, range) => {
      const current = state.get().range;
      if (current === null && host.loaded()?.mode === "volume") return;
      if (current !== null && isSameRange(current, range)) return;
      // In a stack each image may bring its own window: that is not a choice.
      const presetId = current === null ? "file" : OWN;
      setRange({ lower: range.lower, upper: range.upper }, presetId, from);
    },
    toggleInverted: () => {
      const isInverted = !state.get().isInverted;
      state.set({ isInverted });
      for (const pane of host.panes()) pane.setInverted(isInverted);
    },
  };
}

function firstPreset(modality: string): string {
  return modality === "CT" ? "soft" : "auto";
}

function isSameRange(a: Range, b: Range): boolean {
  return Math.abs(a.lower - b.lower) < 1e-3 && Math.abs(a.upper - b.upper) < 1e-3;
}
