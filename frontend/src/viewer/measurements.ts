/** Between Cornerstone's annotations and the measurements that are saved with the study. */

import { utilities } from "@cornerstonejs/core";
import { annotation as annotations, type Types } from "@cornerstonejs/tools";
import type { Viewport } from "./engine";
import { toPoint } from "./geometry";
import { type RoiStatistics, realStatistics } from "./roiText";
import { MEASURING } from "./tools";
import type { Measurement, MeasurementGeometry, MeasurementTool, PointLps } from "./types";

type Annotation = Types.Annotation;

/** What ties a drawing to the images it was made on. */
export interface MeasuredImages {
  readonly seriesUid: string;
  readonly frameOfReferenceUid: string;
  /** The instance and 1-based frame behind an image id, where the drawing lies on one image. */
  readonly instanceOf: (imageId: string) => { sopInstanceUid: string; frame: number } | null;
  readonly imageIdOf: (sopInstanceUid: string, frame: number) => string | null;
}

export function isMeasuring(tool: string | undefined): tool is MeasurementTool {
  return MEASURING.some((name) => name === tool);
}

export function toMeasurement(
  drawn: Annotation,
  images: MeasuredImages,
  known: { readonly id: string; readonly version?: number },
): Measurement | null {
  const metadata = drawn.metadata;
  const tool = metadata?.toolName;
  if (metadata === undefined || !isMeasuring(tool)) return null;
  const points = (drawn.data.handles?.points ?? []).map((point) => toPoint([...point]));
  if (points.length === 0 || points.some((point) => point === null)) return null;
  const imageId = metadata.referencedImageId;
  const instance = imageId === undefined ? null : images.instanceOf(imageId);
  const geometry: MeasurementGeometry = {
    points: points as PointLps[],
    view_plane_normal: toPoint(metadata.viewPlaneNormal && [...metadata.viewPlaneNormal]),
    view_up: toPoint(metadata.viewUp && [...metadata.viewUp]),
    ...(instance === null ? {} : { frame: instance.frame }),
  };
  return {
    id: known.id,
    tool,
    series_uid: images.seriesUid,
    frame_of_reference_uid: images.frameOfReferenceUid,
    sop_instance_uid: instance?.sopInstanceUid ?? null,
    geometry,
    ...measuredValue(drawn, tool),
    label: drawn.data.label ?? "",
    ...(known.version === undefined ? {} : { version: known.version }),
  };
}

interface CachedStatistics extends RoiStatistics {
  readonly length?: number;
  readonly angle?: number;
  readonly unit?: string;
}

function measuredValue(
  drawn: Annotation,
  tool: MeasurementTool,
): { value: number | null; unit: string } {
  const [entry] = Object.entries(
    (drawn.data.cachedStats ?? {}) as Record<string, CachedStatistics>,
  );
  if (entry === undefined) return { value: null, unit: "" };
  const [targetId, statistics] = entry;
  if (tool === "Length") {
    return { value: statistics.length ?? null, unit: statistics.unit ?? "mm" };
  }
  if (tool === "Angle") return { value: statistics.angle ?? null, unit: "°" };
  const real = realStatistics(statistics, targetId);
  return { value: real?.mean ?? null, unit: real?.unit ?? "" };
}

/** Draws a saved measurement; false where its image is not among those shown. */
export function drawMeasurement(
  saved: Measurement,
  images: MeasuredImages,
  viewport: Viewport,
): boolean {
  const { points, view_plane_normal: normal, view_up: up, frame } = saved.geometry;
  const imageId =
    saved.sop_instance_uid === null ? null : images.imageIdOf(saved.sop_instance_uid, frame ?? 1);
  if (imageId === null && normal === null) return false;
  const handles = points.map((point) => [...point] as [number, number, number]);
  const drawn = {
    annotationUID: saved.id,
    highlighted: false,
    invalidated: true,
    isLocked: false,
    isVisible: true,
    metadata: {
      toolName: saved.tool,
      FrameOfReferenceUID: viewport.getFrameOfReferenceUID(),
      ...(imageId === null ? {} : { referencedImageId: imageId }),
      ...(normal === null ? {} : { viewPlaneNormal: [...normal] as [number, number, number] }),
      ...(up === null ? {} : { viewUp: [...up] as [number, number, number] }),
    },
    data: {
      label: saved.label,
      handles: {
        points: handles,
        activeHandleIndex: null,
        textBox: {
          hasMoved: false,
          worldPosition: [0, 0, 0],
          worldBoundingBox: {
            topLeft: [0, 0, 0],
            topRight: [0, 0, 0],
            bottomLeft: [0, 0, 0],
            bottomRight: [0, 0, 0],
          },
        },
      },
      cachedStats: {},
    },
  } as unknown as Annotation;
  annotations.state.addAnnotation(drawn, viewport.element);
  return true;
}

export function centreOfMeasurement(saved: Measurement): PointLps | null {
  const { points } = saved.geometry;
  if (points.length === 0) return null;
  const sum = points.reduce<[number, number, number]>(
    (total, point) => [total[0] + point[0], total[1] + point[1], total[2] + point[2]],
    [0, 0, 0],
  );
  return [sum[0] / points.length, sum[1] / points.length, sum[2] / points.length];
}

export function newMeasurementId(): string {
  return utilities.uuidv4();
}
