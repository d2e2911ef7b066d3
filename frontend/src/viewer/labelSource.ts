/** The labels of a segmentation, in the form in which the images are drawn: volume or stack. */

import { metaData } from "@cornerstonejs/core";
import { request, requestJson, type Segment, ViewerError } from "./api";
import { fetchFile } from "./fileFrames";
import type { Grid } from "./geometry";
import { middleOf } from "./labelMiddle";
import { type LabelMap, labelOf, withDistinctColours } from "./labelPaint";
import type { LoadedSeries, SeriesRoots } from "./loadedSeries";
import type { Target } from "./navigation";
import type { DicomJson } from "./palette";
import { readSeg, type SegFile } from "./segFile";
import {
  gridOfPlane,
  type ImagePlane,
  largestOn,
  layOnStack,
  type StackImage,
} from "./stackLabels";

export interface OverlayLabels {
  readonly segments: readonly Segment[];
  readonly notice: string | null;
  readonly mapOn: (imageId: string | null) => LabelMap | null;
  readonly middleOf: (label: number) => Target | null;
}

export async function readLabels(
  segSeriesUid: string,
  loaded: LoadedSeries,
  roots: SeriesRoots,
  signal: AbortSignal,
): Promise<OverlayLabels> {
  const root = `${roots.apiRoot}/series/${encodeURIComponent(segSeriesUid)}`;
  const reading = requestJson<Segment[]>(`${root}/segments`, signal).then(withDistinctColours);
  if (loaded.grid !== null) {
    const [segments, labels] = await Promise.all([
      reading,
      fetchLabels(`${root}/labelmap`, loaded.series.series_uid, loaded.grid, signal),
    ]);
    const map: LabelMap = { grid: loaded.grid, labels };
    return {
      segments,
      notice: null,
      mapOn: () => map,
      middleOf: (label) => lookAt({ point: middleOf(map, label) }),
    };
  }
  const [segments, seg] = await Promise.all([
    reading,
    fetchSeg(segSeriesUid, loaded, roots, signal),
  ]);
  return stackLabels(segments, seg, loaded);
}

const lookAt = (target: Partial<Target>): Target => ({
  point: null,
  sopInstanceUid: null,
  sliceIndex: null,
  ...target,
});

function stackLabels(
  segments: readonly Segment[],
  seg: SegFile,
  loaded: LoadedSeries,
): OverlayLabels {
  const frames = loaded.stack?.frames ?? [];
  const byNumber = new Map(segments.map((segment) => [segment.number, labelOf(segment)]));
  const images = frames.flatMap((frame): StackImage[] => {
    const plane = metaData.get("imagePlaneModule", frame.imageId) as ImagePlane | undefined;
    if (plane === undefined) return [];
    return [{ ...frame, grid: gridOfPlane(plane), isPlaced: loaded.isPlaced(frame.imageId) }];
  });
  const laid = layOnStack(seg, images, (segment) => byNumber.get(segment) ?? segment);
  return {
    segments,
    notice:
      laid.strayFrames === 0
        ? null
        : `${laid.strayFrames} of its ${seg.frames.length} frames lie on none of these images.`,
    mapOn: (imageId) => (imageId === null ? null : (laid.maps.get(imageId) ?? null)),
    middleOf: (label) => {
      const imageId = largestOn(laid, label);
      const sliceIndex = frames.findIndex((frame) => frame.imageId === imageId);
      return sliceIndex < 0 ? null : lookAt({ sliceIndex });
    },
  };
}

/** The newest object of a segmentation series, whole: its frames are few beside a volume's. */
async function fetchSeg(
  segSeriesUid: string,
  loaded: LoadedSeries,
  roots: SeriesRoots,
  signal: AbortSignal,
): Promise<SegFile> {
  const base = new URL(roots.dicomWebRoot, window.location.href).href;
  const root = `${base}/studies/${loaded.series.study_uid}/series/${segSeriesUid}/instances`;
  const instances = await requestJson<DicomJson[]>(root, signal);
  const numberOf = (one: DicomJson) => Number(one["00200013"]?.Value?.[0] ?? 0);
  const newest = [...instances].sort((a, b) => numberOf(a) - numberOf(b)).at(-1);
  const uid = newest?.["00080018"]?.Value?.[0];
  if (uid === undefined) {
    throw new ViewerError("overlay_empty", "This segmentation holds no frames.");
  }
  const file = await fetchFile(`${root}/${String(uid)}`);
  signal.throwIfAborted();
  return readSeg(file);
}

async function fetchLabels(
  url: string,
  imageSeriesUid: string,
  grid: Grid,
  signal: AbortSignal,
): Promise<Uint16Array> {
  const response = await request(url, signal, "application/octet-stream");
  const referenced = response.headers.get("X-Referenced-Series");
  if (referenced !== null && referenced !== imageSeriesUid) {
    throw new ViewerError("overlay_other_series", "This segmentation belongs to another series.");
  }
  const labels = new Uint16Array(await response.arrayBuffer());
  const [columns, rows, slices] = grid.dimensions;
  if (labels.length !== columns * rows * slices) {
    throw new ViewerError("overlay_mismatch", "This segmentation does not fit these images.");
  }
  return labels;
}
