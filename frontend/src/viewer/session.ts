/**
 * One viewer at work: the rendering engine, the panes, the series in them and what they share.
 * Everything imperative lives here; React draws what the stores say and calls these methods.
 */

import type { RenderingEngine } from "@cornerstonejs/core";
import type { Types } from "@cornerstonejs/tools";
import { isAbort, reasonOf, ViewerError } from "./api";
import { type Cine, makeCine } from "./cine";
import { makeEngine, startCornerstone } from "./engine";
import { frameFailureReason } from "./frameLoader";
import { centreVoxelOf, worldToIndex } from "./geometry";
import { makePlanLayers, type PlanLayers } from "./layers/planLayers";
import { type LoadedSeries, loadSeries, type SeriesRoots } from "./loadedSeries";
import { type MeasurementSync, makeMeasurementSync } from "./measurementSync";
import { makeNavigation, type Navigation } from "./navigation";
import { makeOverlay, type Overlay } from "./overlay";
import { Pane } from "./pane";
import { prefetchStack } from "./stackLoader";
import { createStore, type Store } from "./store";
import { makeTiming } from "./timing";
import { activateTool, makeToolGroup, removeToolGroup, type ToolId } from "./tools";
import type { ViewerSeries } from "./types";
import { initialState, type PaneId, type ViewerState } from "./viewerState";
import { makeWindowControl, type WindowControl } from "./windowControl";
import { presetsFor, unitOf } from "./windowing";

/** The cosine of the angle within which a series counts as axial. */
const MOSTLY = 0.9;

let sessionCount = 0;

export class ViewerSession {
  readonly state: Store<ViewerState>;
  readonly overlay: Overlay;
  readonly layers: PlanLayers;
  readonly measurements: MeasurementSync;
  private readonly engine: RenderingEngine;
  private readonly toolGroup: Types.IToolGroup;
  private readonly toolGroupId: string;
  private readonly panes = new Map<PaneId, Pane>();
  readonly window: WindowControl;
  readonly cine: Cine;
  readonly navigation: Navigation;
  private readonly frameFailures = new Map<string, string>();
  private loaded: LoadedSeries | null = null;
  private loading: AbortController | null = null;
  private canMeasure = true;
  private readonly timing = makeTiming();

  constructor(private readonly roots: SeriesRoots) {
    const backend = startCornerstone();
    sessionCount += 1;
    this.state = createStore(initialState(backend));
    this.engine = makeEngine();
    this.toolGroupId = `synoptic-tools-${sessionCount}`;
    this.toolGroup = makeToolGroup(this.toolGroupId, (viewportId, world) => {
      const pane = [...this.panes.values()].find((one) => one.viewportId === viewportId);
      if (this.loaded?.mode === "volume") this.navigation.setPoint(world, pane ?? null);
    });
    const host = {
      state: this.state,
      loaded: () => this.loaded,
      panes: () => [...this.panes.values()],
    };
    this.window = makeWindowControl(host);
    this.cine = makeCine(host);
    this.navigation = makeNavigation(host, () => this.drawLayers());
    this.overlay = makeOverlay(roots, () => this.drawLayers());
    this.layers = makePlanLayers(roots, {
      loaded: () => this.loaded,
      window: () => this.window.realRange(),
      isComplete: () => this.state.get().progress === null,
      redraw: () => this.drawLayers(),
    });
    this.measurements = makeMeasurementSync({
      loaded: () => this.loaded,
      anyPane: () => this.panes.values().next().value ?? null,
      redraw: () => this.redraw(),
      onSelected: (id) => this.state.set({ selectedMeasurementId: id }),
    });
    activateTool(this.toolGroup, this.state.get().tool, this.canMeasure);
  }

  mountPane(id: PaneId, element: HTMLDivElement): Pane {
    const viewportId = `${this.toolGroupId}-${id}`;
    const pane = new Pane(id, viewportId, this.engine, element, {
      onDrawn: (drawn) => this.refreshPane(drawn),
      onMoved: (moved) => this.navigation.follow(moved),
      onPointer: (over) => this.layers.followPointer(over),
      onWindow: (from, range) => {
        // A view of a volume begins with a window of its own, perhaps after all voxels have come.
        if (from.isShowing && this.loaded?.mode === "volume") return;
        this.window.follow(from, range);
      },
    });
    pane.isPlaced = () => this.isPlaced(pane);
    this.panes.set(id, pane);
    this.toolGroup.addViewport(viewportId, this.engine.id);
    if (this.loaded !== null) void this.showIn(pane, this.loaded);
    return pane;
  }

  unmountPane(pane: Pane): void {
    if (this.panes.get(pane.id) !== pane) return;
    this.panes.delete(pane.id);
    this.toolGroup.removeViewports(this.engine.id, pane.viewportId);
    pane.destroy();
  }

  resize(): void {
    if (this.panes.size === 0) return;
    this.engine.resize(true, true);
    // The engine leaves out what it is about to draw; an image of another size would be stretched.
    for (const pane of this.panes.values()) pane.viewport.resize();
    // A resized canvas is empty, and the engine does not draw again by itself on the CPU.
    this.redraw();
    this.drawLayers();
  }

  // --- the series ------------------------------------------------------------------------------

  async open(series: ViewerSeries | null): Promise<void> {
    this.close();
    if (series === null) {
      this.state.set({ status: "empty" });
      return;
    }
    const controller = new AbortController();
    this.loading = controller;
    this.timing.begin();
    this.state.set({ status: "loading", progress: 0 });
    try {
      const loaded = await loadSeries(series, this.roots, controller.signal);
      if (controller.signal.aborted) {
        loaded.release();
        return;
      }
      this.loaded = loaded;
      this.begin(loaded);
      await Promise.all([...this.panes.values()].map((pane) => this.showIn(pane, loaded)));
      if (loaded.volume !== null) await this.fillVolume(loaded, controller.signal);
      else if (loaded.stack !== null) await this.fillStack(loaded, controller.signal);
    } catch (error) {
      if (controller.signal.aborted || isAbort(error)) return;
      const code = error instanceof ViewerError ? error.code : "unknown";
      this.state.set({
        status: "failed",
        progress: null,
        failure: { code, message: reasonOf(error) },
      });
    }
  }

  private close(): void {
    this.loading?.abort();
    this.loading = null;
    this.cine.stop();
    this.overlay.close();
    this.measurements.clear();
    for (const pane of this.panes.values()) {
      for (const { displaySetId } of pane.viewport.getDisplaySets()) {
        pane.viewport.removeData(displaySetId);
      }
    }
    this.loaded?.release();
    this.loaded = null;
    this.navigation.begin(null);
    this.frameFailures.clear();
    this.state.set({
      mode: null,
      progress: null,
      failure: null,
      notice: null,
      presets: [],
      presetId: null,
      range: null,
      window: null,
      isInverted: false,
      isColour: false,
    });
  }

  private begin(loaded: LoadedSeries): void {
    this.navigation.begin(loaded.grid);
    const rate = loaded.stack?.frameRate;
    const { cine, activePane } = this.state.get();
    const volumePane = activePane === "stack" ? "axial" : activePane;
    this.state.set({
      status: "ready",
      mode: loaded.mode,
      notice: loaded.notice,
      isColour: loaded.isColour,
      unit: unitOf(loaded.modality),
      rescale: loaded.rescale(),
      presets: loaded.isColour ? [] : presetsFor(loaded.modality, hasStoredWindow(loaded)),
      activePane: loaded.mode === "stack" ? "stack" : volumePane,
      cine: rate == null ? cine : { ...cine, framesPerSecond: Math.round(rate) },
    });
  }

  private async fillVolume(loaded: LoadedSeries, signal: AbortSignal): Promise<void> {
    const volume = loaded.volume;
    if (volume === null) return;
    let lastWindow = 0;
    await volume.fill((fraction) => {
      this.timing.arrived();
      this.state.set({ progress: fraction });
      if (performance.now() - lastWindow > 400) {
        lastWindow = performance.now();
        this.window.applyFirst(loaded);
      }
    });
    if (signal.aborted) return;
    this.timing.completed([...this.panes.keys()]);
    this.state.set({ progress: null, rescale: loaded.rescale() });
    this.window.applyFirst(loaded);
    this.measurements.reconcile();
    this.measurements.recompute();
    this.drawLayers();
  }

  private async fillStack(loaded: LoadedSeries, signal: AbortSignal): Promise<void> {
    const stack = loaded.stack;
    if (stack === null) return;
    let done = 0;
    this.timing.arrived();
    this.measurements.reconcile();
    const middle = Math.floor(stack.imageIds.length / 2);
    await prefetchStack(stack, middle, signal, (imageId, error) => {
      done += 1;
      if (error !== null) this.noteFrameFailure(imageId, error);
      const percent = Math.floor((done / stack.imageIds.length) * 100);
      this.state.set({ progress: percent / 100 });
    });
    if (signal.aborted) return;
    this.timing.completed([...this.panes.keys()]);
    this.state.set({ progress: null });
    this.redraw();
  }

  private noteFrameFailure(imageId: string, error: unknown): void {
    const syntax = this.loaded?.series.transfer_syntax;
    const reason = frameFailureReason(error);
    const written = syntax ? ` (transfer syntax ${syntax})` : "";
    this.frameFailures.set(imageId, `This image could not be decoded${written}: ${reason}`);
    for (const pane of this.panes.values()) this.refreshPane(pane);
  }

  private async showIn(pane: Pane, loaded: LoadedSeries): Promise<void> {
    if ((pane.id === "stack") !== (loaded.mode === "stack")) return;
    pane.info.set({ failure: null, imageId: null });
    this.navigation.leave(pane);
    pane.isCountedUp = pane.id === "axial" && (loaded.grid?.direction[8] ?? 0) > MOSTLY;
    try {
      await pane.show(loaded.displaySetId);
    } catch (error) {
      if (this.loaded !== loaded) return;
      const imageId = loaded.stack?.imageIds[Math.floor(loaded.stack.imageIds.length / 2)];
      if (imageId === undefined) throw error;
      this.noteFrameFailure(imageId, error);
      pane.info.set({ failure: this.frameFailures.get(imageId) ?? null, imageId });
      return;
    }
    if (this.loaded !== loaded) return;
    this.state.set({ rescale: loaded.rescale() });
    const { range, isInverted } = this.state.get();
    if (range !== null) pane.setWindow(range, isInverted);
    this.navigation.join(pane);
    this.measurements.reconcile();
    this.refreshPane(pane);
  }

  private isPlaced(pane: Pane): boolean {
    if (this.loaded?.mode === "volume") return true;
    const imageId = pane.viewport.getCurrentImageId();
    return this.loaded !== null && imageId !== undefined && this.loaded.isPlaced(imageId);
  }

  // --- where to look ----------------------------------------------------------------------------

  goToMeasurement(id: string): void {
    const found = this.measurements.find(id);
    if (found === null) return;
    const { sop_instance_uid: sopInstanceUid, geometry } = found.saved;
    const frame = geometry.frame === undefined ? {} : { frame: geometry.frame };
    this.navigation.goTo({ point: found.centre, sopInstanceUid, sliceIndex: null, ...frame });
    this.measurements.select(id);
  }

  /** Lights a structure and moves every plane to the middle of its largest slice. */
  goToStructure(label: number): void {
    const target = this.overlay.middleOf(label);
    if (target !== null) this.navigation.goTo(target);
    this.overlay.highlight(label);
  }

  // --- view ------------------------------------------------------------------------------------

  setTool(tool: ToolId): void {
    this.state.set({ tool });
    activateTool(this.toolGroup, tool, this.canMeasure);
  }

  setCanMeasure(canMeasure: boolean): void {
    if (canMeasure === this.canMeasure) return;
    this.canMeasure = canMeasure;
    activateTool(this.toolGroup, this.state.get().tool, canMeasure);
  }

  reset(): void {
    const { loaded } = this;
    if (loaded === null) return;
    this.navigation.resetViews();
    this.state.set({ isInverted: false, presetId: null });
    if (loaded.mode === "volume") {
      this.window.applyFirst(loaded);
      if (loaded.grid !== null) this.navigation.setPoint(centreVoxelOf(loaded.grid), null);
    } else {
      this.state.set({ range: null, window: null });
      for (const pane of this.panes.values()) pane.viewport.resetDisplaySetPresentation();
    }
    for (const pane of this.panes.values()) pane.setInverted(false);
  }

  /** Turning and mirroring is for single images: the planes of a volume keep their convention. */
  turn(): void {
    const viewport = this.panes.get("stack")?.viewport;
    viewport?.setViewState({ rotation: (viewport.getRotation() + 90) % 360 });
  }

  mirror(): void {
    const viewport = this.panes.get("stack")?.viewport;
    const isFlipped = viewport?.getViewState().flipHorizontal === true;
    viewport?.setViewState({ flipHorizontal: !isFlipped });
  }

  toggleCrosshair(): void {
    this.state.set({ isCrosshairShown: !this.state.get().isCrosshairShown });
    this.drawLayers();
  }

  /** The instance under the eye, whose header the panel shows. */
  currentInstance(): string | null {
    const { loaded } = this;
    if (loaded === null) return null;
    const point = this.navigation.point();
    if (loaded.volume !== null && point !== null) {
      const slice = Math.round(worldToIndex(loaded.volume.geometry, point)[2]);
      return loaded.volume.geometry.sop_instance_uids[slice] ?? null;
    }
    const imageId = this.panes.get("stack")?.info.get().imageId;
    const instance = imageId == null ? null : loaded.images.instanceOf(imageId);
    return (instance ?? loaded.stack?.frames[0])?.sopInstanceUid ?? null;
  }

  get series(): LoadedSeries | null {
    return this.loaded;
  }

  // --- drawing ---------------------------------------------------------------------------------

  private refreshPane(pane: Pane): void {
    this.timing.drawn(pane.id);
    pane.refresh((imageId) => this.frameFailures.get(imageId) ?? null);
    this.drawPaneLayers(pane);
  }

  private drawPaneLayers(pane: Pane): void {
    const { isCrosshairShown } = this.state.get();
    const imageId = pane.viewport.getCurrentImageId() ?? null;
    this.layers.drawIn(pane);
    pane.drawLabels(this.overlay.mapOn(imageId), this.overlay.colours());
    pane.drawCrosshair(isCrosshairShown ? this.navigation.point() : null);
  }

  drawLayers(): void {
    for (const pane of this.panes.values()) this.drawPaneLayers(pane);
  }

  private redraw(): void {
    for (const pane of this.panes.values()) pane.viewport.render();
  }

  destroy(): void {
    this.close();
    this.layers.destroy();
    this.measurements.destroy();
    for (const pane of [...this.panes.values()]) this.unmountPane(pane);
    removeToolGroup(this.toolGroupId);
    this.engine.destroy();
  }
}

/** Single images bring a window of their own, or Cornerstone takes one from their values. */
function hasStoredWindow(loaded: LoadedSeries): boolean {
  return loaded.storedWindow !== null || loaded.mode === "stack";
}
