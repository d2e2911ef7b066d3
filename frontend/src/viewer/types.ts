/**
 * The contract between the viewer and the rest of the application: props only.
 *
 * Coordinates are LPS millimetres throughout; `StudyViewer` is the default export of
 * `src/viewer/index.ts` and must be loaded lazily. This file imports nothing, so that other
 * features can use its types without pulling in Cornerstone.
 */

export type PointLps = readonly [x: number, y: number, z: number];

export type GeometryKind = "regular" | "gapped" | "tilted" | "mixed" | "single" | "none";
export type SeriesKind = "image" | "seg" | "sr" | "rtstruct" | "rtdose" | "other";

/** The fields of an API Series the viewer reads; the API's own Series is assignable to it. */
export interface ViewerSeries {
  readonly series_uid: string;
  readonly study_uid: string;
  readonly modality: string;
  readonly number: number | null;
  readonly description: string;
  readonly instance_count: number;
  readonly frames: number;
  readonly rows: number | null;
  readonly columns: number | null;
  readonly geometry: {
    readonly kind: GeometryKind;
    readonly spacing: readonly number[] | null;
    readonly slices?: number | null;
    readonly reason?: string | null;
  };
  readonly frame_of_reference_uid: string | null;
  readonly synthetic: boolean;
  readonly ai_generated: boolean;
  readonly kind: SeriesKind;
  readonly derived_from: readonly string[];
  readonly transfer_syntax: string | null;
}

/** Where a finding or a sentence of a draft is seen. `label` is a FreeSurfer id. */
export interface Evidence {
  readonly structure: string;
  readonly label: number | null;
  readonly series_uid: string | null;
  readonly sop_instance_uid: string | null;
  readonly slice_index: number | null;
  readonly point_lps: readonly number[] | null;
  readonly segment_number: number | null;
}

/**
 * A request to look somewhere. `nonce` differs for each click, so that a second click on the
 * same sentence jumps again.
 */
export interface ViewerFocus {
  readonly evidence: Evidence;
  readonly nonce: number;
}

export interface ViewerOverlay {
  readonly segSeriesUid: string;
}

export type DoseKind = "dose" | "difference" | "gamma";

/** A dose, a dose difference or a γ map on the plan's dose grid, read from two addresses. */
export interface ViewerDose {
  readonly key: string;
  readonly title: string;
  readonly kind: DoseKind;
  /** Little-endian float32, slice after slice; Gy, or γ without a unit. */
  readonly url: string;
  /** Where its grid is described, as that of a series' volume. */
  readonly gridUrl: string;
  readonly prescriptionGy: number;
}

/** What a plan lays over the images. Series must share the images' frame of reference. */
export interface ViewerPlanning {
  readonly doses: readonly ViewerDose[];
  readonly structuresSeriesUid: string | null;
  /** The image to begin a comparison with. */
  readonly companionSeriesUid: string | null;
  /** The images that the shown one may be compared with. */
  readonly companionUids: readonly string[];
  readonly lowerSeriesUid: string | null;
  readonly upperSeriesUid: string | null;
}

/**
 * A map of values over the images. `signed` runs from −range to +range around nothing; `share` from
 * 0 to range.
 */
export interface ViewerMap {
  readonly key: string;
  readonly title: string;
  readonly seriesUid: string;
  readonly kind: "signed" | "share";
  readonly range: number;
  readonly unit: string;
  /** What its ends mean, in a few words: "darker", "brighter". */
  readonly ends: readonly [low: string, high: string];
}

/** Lesions to be outlined, found on one of two visits. */
export interface ViewerLesions {
  readonly visit: "base" | "follow";
  readonly segSeriesUid: string;
  /** 4 x 4, rows: from a point of the images to one of the segmentation's own frame. */
  readonly matrix: readonly (readonly number[])[] | null;
}

/** What a comparison of two visits, or a prediction, lays over the images. */
export interface ViewerFollowup {
  readonly companionSeriesUid: string | null;
  readonly companionUids: readonly string[];
  readonly maps: readonly ViewerMap[];
  readonly lesions: readonly ViewerLesions[];
  /** The map to show; null shows none. Another nonce asks again. */
  readonly mapWish: { readonly key: string | null; readonly nonce: number };
}

/** A structure drawn by hand, as `POST /studies/{uid}/structures` takes it. */
export interface DrawnStructure {
  readonly name: string;
  readonly interpreted_type: "EXTERNAL" | "GTV" | "CTV" | "PTV" | "ORGAN" | "CAVITY";
  readonly colour: readonly number[];
  /** Base64 of run lengths, by turns outside and inside, over all voxels of the series. */
  readonly runs: string;
}

export type MeasurementTool = "Length" | "Angle" | "EllipticalROI";

/** What the viewer can read back; stored verbatim as the annotation's `geometry`. */
export interface MeasurementGeometry {
  readonly points: readonly PointLps[];
  readonly view_plane_normal: PointLps | null;
  readonly view_up: PointLps | null;
  /** Stack mode only: 1-based frame of a multi-frame instance. */
  readonly frame?: number;
  readonly [key: string]: unknown;
}

/** A measurement as the viewer shows it; `id` is the server's once it has been saved. */
export interface Measurement {
  readonly id: string;
  readonly tool: MeasurementTool;
  readonly series_uid: string;
  readonly frame_of_reference_uid: string | null;
  readonly sop_instance_uid: string | null;
  readonly geometry: MeasurementGeometry;
  /** Length in mm, angle in degrees, mean of the ROI in `unit`. */
  readonly value: number | null;
  readonly unit: string;
  readonly label: string;
  readonly version?: number;
}

/** A change made by hand in the viewer. The parent saves it and answers through `measurements`. */
export type MeasurementChange =
  | { readonly type: "created"; readonly measurement: Measurement }
  | { readonly type: "updated"; readonly measurement: Measurement }
  | { readonly type: "removed"; readonly id: string };

/**
 * A request to look at a measurement (from the measurements list). Nonce 0 only repeats what was
 * selected in the viewer itself and moves nothing.
 */
export interface MeasurementSelection {
  readonly id: string;
  readonly nonce: number;
}

export interface Shortcut {
  readonly keys: readonly string[];
  readonly action: string;
  readonly title: string;
  readonly group: "Tools" | "Window" | "View" | "Navigate" | "Overlay" | "Plan" | "Follow-up";
}

export interface StudyViewerProps {
  readonly studyUid: string;
  readonly series: readonly ViewerSeries[];
  /** Which image series is drawn; null shows the empty state. */
  readonly activeSeriesUid: string | null;
  readonly overlay?: ViewerOverlay | null;
  /** The layers of a plan; without it the viewer offers none. */
  readonly planning?: ViewerPlanning | null;
  /** The layers of a follow-up, in place of those of a plan. */
  readonly followup?: ViewerFollowup | null;
  /** The structures' names, once the plan's structure set has been read. */
  readonly onStructuresRead?: (names: readonly string[]) => void;
  /** Saves a structure drawn on a series; false where that failed. Without it none can be drawn. */
  readonly onStructureDrawn?: (seriesUid: string, drawn: DrawnStructure) => Promise<boolean>;
  /** Two images were looked at together: beside each other or one over the other. */
  readonly onCompared?: () => void;
  readonly focus?: ViewerFocus | null;
  /** Everything saved for this study; those of other series are ignored. */
  readonly measurements?: readonly Measurement[];
  readonly selectedMeasurement?: MeasurementSelection | null;
  /**
   * Called for each change by hand. On "created" resolve to the saved measurement (its id and
   * version replace the local ones); reject or resolve to null to have the drawing taken back.
   */
  readonly onMeasurementsChange?: (
    change: MeasurementChange,
  ) => Promise<Measurement | null> | undefined;
  readonly onMeasurementSelected?: (id: string | null) => void;
  /** The viewer asks for another series (e.g. the evidence lies in one). */
  readonly onActiveSeriesChange?: (seriesUid: string) => void;
  /** The legend's close button. */
  readonly onOverlayChange?: (overlay: ViewerOverlay | null) => void;
  /** True where the person may draw measurements (policy action `annotation.edit`). */
  readonly canMeasure?: boolean;
  /** API root, default "/api/v1". */
  readonly apiRoot?: string;
  /** DICOMweb root, default "/dicomweb". */
  readonly dicomWebRoot?: string;
}
