/** One viewport with its layers: image, plan, labels, crosshair; and what is written over it. */

import { Enums, type RenderingEngine } from "@cornerstonejs/core";
import { type CrosshairLayer, makeCrosshairLayer } from "./crosshairLayer";
import { enableViewport, type Viewport } from "./engine";
import {
  dot,
  length,
  orientationLetters,
  scaleAdd,
  slicePosition,
  subtract,
  type Vec3,
} from "./geometry";
import { type LabelLayer, makeLabelLayer } from "./labelLayer";
import type { LabelColours, LabelMap, ViewPlane } from "./labelPaint";
import { makePlanCanvas, type PlanCanvas } from "./layers/planCanvas";
import { createStore, type Store } from "./store";
import type { PointLps } from "./types";
import { EMPTY_PANE, type PaneId, type PaneInfo } from "./viewerState";
import type { Range } from "./windowing";

const ORIENTATION: Record<PaneId, Enums.OrientationAxis | undefined> = {
  axial: Enums.OrientationAxis.AXIAL,
  sagittal: Enums.OrientationAxis.SAGITTAL,
  coronal: Enums.OrientationAxis.CORONAL,
  stack: undefined,
};

export interface PaneListener {
  /** The image was drawn again: slice, zoom, window or size may have changed. */
  readonly onDrawn: (pane: Pane) => void;
  readonly onMoved: (pane: Pane) => void;
  readonly onWindow: (pane: Pane, range: Range) => void;
  /** The pointer moved over the images: a lens follows it. */
  readonly onPointer: (pane: Pane) => void;
}

export class Pane {
  readonly viewport: Viewport;
  readonly info: Store<PaneInfo> = createStore(EMPTY_PANE);
  readonly plan: PlanCanvas;
  private readonly labels: LabelLayer;
  private readonly crosshair: CrosshairLayer;
  private frame: number | null = null;
  private shows = 0;
  /** The renderer counts axial slices from the head down. Where the series counts them from the
   * feet up, so does the number that is shown, as in the report and the DICOM objects. */
  isCountedUp = false;

  constructor(
    readonly id: PaneId,
    readonly viewportId: string,
    private readonly engine: RenderingEngine,
    private readonly element: HTMLDivElement,
    private readonly listener: PaneListener,
  ) {
    this.viewport = enableViewport(engine, viewportId, element, ORIENTATION[id]);
    const layers = element.querySelector<HTMLElement>(".viewport-element") ?? element;
    this.plan = makePlanCanvas(layers, () => listener.onPointer(this));
    this.labels = makeLabelLayer(layers);
    this.crosshair = makeCrosshairLayer(layers, id);
    // Drawings stay on top of both: they are what a person edits.
    const drawings = layers.querySelector(".svg-layer");
    if (drawings !== null) layers.append(drawings);
    element.addEventListener(Enums.Events.IMAGE_RENDERED, this.drawn);
    element.addEventListener(Enums.Events.CAMERA_MODIFIED, this.moved);
    element.addEventListener(Enums.Events.VOI_MODIFIED, this.windowed);
  }

  private readonly drawn = (): void => {
    // Cornerstone may draw several times in one frame; the layers follow once.
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.listener.onDrawn(this);
    });
  };

  private readonly moved = (): void => {
    this.listener.onMoved(this);
    this.drawn();
  };

  private readonly windowed = (event: Event): void => {
    const range = (event as CustomEvent<{ range?: Range }>).detail.range;
    if (range !== undefined) this.listener.onWindow(this, range);
  };

  async show(displaySetId: string): Promise<void> {
    const orientation = ORIENTATION[this.id];
    this.shows += 1;
    try {
      await this.viewport.setDisplaySets({
        displaySetId,
        options: orientation === undefined ? {} : { orientation },
      } as Parameters<Viewport["setDisplaySets"]>[0]);
    } finally {
      this.shows -= 1;
    }
  }

  /** Images are being put in: what changes now, nobody chose. */
  get isShowing(): boolean {
    return this.shows > 0;
  }

  setWindow(range: Range, isInverted: boolean): void {
    this.viewport.setDisplaySetPresentation({ voiRange: { ...range }, invert: isInverted });
  }

  setInverted(isInverted: boolean): void {
    this.viewport.setDisplaySetPresentation({ invert: isInverted });
  }

  /** The plane seen: a point on it and its normal, towards the viewer. */
  plane(): { readonly point: Vec3; readonly normal: Vec3 } | null {
    const camera = this.viewport.getResolvedView()?.toICamera();
    if (camera?.focalPoint === undefined || camera.viewPlaneNormal === undefined) return null;
    return { point: [...camera.focalPoint], normal: [...camera.viewPlaneNormal] };
  }

  /** Moves the plane through a point; pan and zoom stay unless the point would be out of view. */
  goTo(point: PointLps): void {
    this.viewport.setViewState({
      slice: { kind: "volumePoint", sliceWorldPoint: [...point] },
    });
    const [x, y] = this.viewport.worldToCanvas([...point]);
    const { clientWidth: width, clientHeight: height } = this.element;
    if (x < 0 || y < 0 || x > width || y > height) {
      this.viewport.setViewState({ anchorWorld: [...point], anchorCanvas: [0.5, 0.5] });
    }
  }

  view(): ViewPlane | null {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === 0 || height === 0 || this.plane() === null) return null;
    const topLeft: Vec3 = [...this.viewport.canvasToWorld([0.5, 0.5])];
    const right = subtract(this.viewport.canvasToWorld([width + 0.5, 0.5]), topLeft);
    const down = subtract(this.viewport.canvasToWorld([0.5, height + 0.5]), topLeft);
    return {
      topLeft,
      perColumn: scaleAdd([0, 0, 0], right, 1 / width),
      perRow: scaleAdd([0, 0, 0], down, 1 / height),
    };
  }

  drawLabels(map: LabelMap | null, colours: LabelColours | null): void {
    this.labels.draw(map, map === null ? null : this.view(), colours);
  }

  drawCrosshair(point: PointLps | null): void {
    const plane = point === null ? null : this.plane();
    if (point === null || plane === null) {
      this.crosshair.draw(null, false);
      return;
    }
    const distance = Math.abs(dot(subtract(point, plane.point), plane.normal));
    const [x, y] = this.viewport.worldToCanvas([...point]);
    this.crosshair.draw([x, y], distance < 1.5);
  }

  /** The shown number of the renderer's slice, and the other way round; both from 0. */
  counted(index: number): number {
    return this.isCountedUp ? this.viewport.getNumberOfSlices() - 1 - index : index;
  }

  /** Reads what is shown now into `info`. */
  refresh(failureOf: (imageId: string) => string | null): void {
    // Nothing mounted: what the session wrote about the failure stays.
    if (this.viewport.getDisplaySets().length === 0) return;
    const view = this.view();
    const plane = this.plane();
    const imageId = this.viewport.getCurrentImageId() ?? null;
    const right = view === null ? null : view.perColumn;
    const down = view === null ? null : view.perRow;
    const isSpatial = right !== null && down !== null && plane !== null && this.isPlaced();
    this.info.set({
      isDrawn: view !== null,
      sliceIndex: this.counted(this.viewport.getSliceIndex()),
      sliceCount: this.viewport.getNumberOfSlices(),
      position: isSpatial ? slicePosition(plane.point, plane.normal) : null,
      letters: isSpatial ? lettersOf(right, down) : null,
      millimetresPerPixel: isSpatial ? length(right) : null,
      zoom: this.viewport.getZoom(),
      imageId,
      failure: imageId === null ? null : failureOf(imageId),
    });
  }

  /** Set by the session: images without position and orientation get no letters or scale. */
  isPlaced: () => boolean = () => true;

  destroy(): void {
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.drawn);
    this.element.removeEventListener(Enums.Events.CAMERA_MODIFIED, this.moved);
    this.element.removeEventListener(Enums.Events.VOI_MODIFIED, this.windowed);
    this.plan.remove();
    this.labels.remove();
    this.crosshair.remove();
    this.engine.disableElement(this.viewportId);
  }
}

function lettersOf(right: PointLps, down: PointLps): NonNullable<PaneInfo["letters"]> {
  const opposite = (v: PointLps): Vec3 => [-v[0], -v[1], -v[2]];
  return {
    right: orientationLetters(right),
    left: orientationLetters(opposite(right)),
    bottom: orientationLetters(down),
    top: orientationLetters(opposite(down)),
  };
}
