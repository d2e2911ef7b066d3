/** Keeps the drawings on the images and the saved measurements the same. */

import { eventTarget } from "@cornerstonejs/core";
import { annotation as annotations, Enums, type Types } from "@cornerstonejs/tools";
import type { LoadedSeries } from "./loadedSeries";
import { centreOfMeasurement, drawMeasurement, isMeasuring, toMeasurement } from "./measurements";
import type { Pane } from "./pane";
import type { Measurement, MeasurementChange, PointLps } from "./types";

export type SaveMeasurement = (
  change: MeasurementChange,
) => Promise<Measurement | null> | undefined;

export interface MeasurementHost {
  readonly loaded: () => LoadedSeries | null;
  readonly anyPane: () => Pane | null;
  readonly redraw: () => void;
  readonly onSelected: (id: string | null) => void;
}

export interface MeasurementSync {
  readonly setSaved: (saved: readonly Measurement[]) => void;
  readonly setSave: (save: SaveMeasurement | null) => void;
  /** Draws what is saved and not drawn, removes what is drawn and no longer saved. */
  readonly reconcile: () => void;
  /** Computes values anew: the voxels under the drawings have changed. */
  readonly recompute: () => void;
  readonly select: (id: string | null) => void;
  readonly removeSelected: () => void;
  readonly find: (id: string) => { saved: Measurement; centre: PointLps | null } | null;
  readonly clear: () => void;
  readonly destroy: () => void;
}

type Annotation = Types.Annotation;

/** A drawing that is still dragged is saved this long after its last change. */
const SAVE_DELAY_MS = 500;

export function makeMeasurementSync(host: MeasurementHost): MeasurementSync {
  let saved: readonly Measurement[] = [];
  let save: SaveMeasurement | null = null;
  /** Drawing -> the saved measurement behind it; null while its first save is under way. */
  const drawn = new Map<string, Measurement | null>();
  const timers = new Map<string, number>();
  /** Saved here, but not yet in the list that the parent hands down. */
  const fresh = new Set<string>();
  let isApplying = false;

  const quietly = (change: () => void) => {
    isApplying = true;
    try {
      change();
    } finally {
      isApplying = false;
    }
  };

  const uidOf = (id: string) =>
    [...drawn].find(([uid, measurement]) => measurement?.id === id || uid === id)?.[0];

  const forget = (uid: string) => {
    window.clearTimeout(timers.get(uid));
    timers.delete(uid);
    drawn.delete(uid);
  };

  const remove = (uid: string) => {
    forget(uid);
    quietly(() => annotations.state.removeAnnotation(uid));
  };

  const reconcile = () => {
    const loaded = host.loaded();
    const pane = host.anyPane();
    if (loaded === null || pane === null || pane.viewport.getDisplaySets().length === 0) return;
    const wanted = saved.filter((one) => one.series_uid === loaded.series.series_uid);
    const wantedIds = new Set(wanted.map((one) => one.id));
    for (const [uid, measurement] of [...drawn]) {
      if (measurement === null || fresh.has(measurement.id)) continue;
      if (!wantedIds.has(measurement.id)) remove(uid);
    }
    for (const one of wanted) {
      fresh.delete(one.id);
      const uid = uidOf(one.id);
      if (uid !== undefined) {
        drawn.set(uid, one);
        continue;
      }
      quietly(() => {
        if (drawMeasurement(one, loaded.images, pane.viewport)) drawn.set(one.id, one);
      });
    }
    host.redraw();
  };

  const create = async (uid: string, annotation: Annotation) => {
    const loaded = host.loaded();
    const measurement = loaded && toMeasurement(annotation, loaded.images, { id: uid });
    if (!measurement || save === null) return;
    drawn.set(uid, null);
    const answer = await Promise.resolve(save({ type: "created", measurement })).catch(() => null);
    if (!drawn.has(uid)) return;
    if (answer === null) remove(uid);
    else if (answer !== undefined) {
      fresh.add(answer.id);
      drawn.set(uid, answer);
    }
    host.redraw();
  };

  const update = (uid: string) => {
    timers.delete(uid);
    const loaded = host.loaded();
    const known = drawn.get(uid);
    const annotation = annotations.state.getAnnotation(uid);
    if (loaded === null || !known || annotation === undefined) return;
    const measurement = toMeasurement(annotation, loaded.images, known);
    if (measurement === null || isSamePlace(measurement, known)) return;
    drawn.set(uid, measurement);
    void Promise.resolve(save?.({ type: "updated", measurement })).then(
      (answer) => {
        if (answer && drawn.has(uid)) drawn.set(uid, answer);
      },
      // The parent shows why; the drawing goes back to what is saved.
      () => {
        if (!drawn.has(uid)) return;
        remove(uid);
        reconcile();
      },
    );
  };

  const onCompleted = (event: Event) => {
    const { annotation } = (event as CustomEvent<{ annotation: Annotation }>).detail;
    const uid = annotation.annotationUID;
    if (isApplying || uid === undefined || !isMeasuring(annotation.metadata?.toolName)) return;
    if (drawn.has(uid)) return;
    // The statistics are computed with the next drawing.
    window.setTimeout(() => void create(uid, annotation), 150);
  };

  const onModified = (event: Event) => {
    const uid = (event as CustomEvent<{ annotation: Annotation }>).detail.annotation.annotationUID;
    if (isApplying || uid === undefined || !drawn.get(uid)) return;
    window.clearTimeout(timers.get(uid));
    timers.set(
      uid,
      window.setTimeout(() => update(uid), SAVE_DELAY_MS),
    );
  };

  const onRemoved = (event: Event) => {
    const uid = (event as CustomEvent<{ annotation: Annotation }>).detail.annotation.annotationUID;
    if (isApplying || uid === undefined) return;
    const known = drawn.get(uid);
    forget(uid);
    if (known) void save?.({ type: "removed", id: known.id });
  };

  const onSelection = (event: Event) => {
    const { selection } = (event as CustomEvent<{ selection: string[] }>).detail;
    const uid = selection.at(-1);
    host.onSelected(uid === undefined ? null : (drawn.get(uid)?.id ?? uid));
  };

  const events: [string, (event: Event) => void][] = [
    [Enums.Events.ANNOTATION_COMPLETED, onCompleted],
    [Enums.Events.ANNOTATION_MODIFIED, onModified],
    [Enums.Events.ANNOTATION_REMOVED, onRemoved],
    [Enums.Events.ANNOTATION_SELECTION_CHANGE, onSelection],
  ];
  for (const [name, listener] of events) eventTarget.addEventListener(name, listener);

  const clear = () => {
    for (const uid of [...drawn.keys()]) remove(uid);
  };

  return {
    setSaved: (next) => {
      saved = next;
      reconcile();
    },
    setSave: (next) => {
      save = next;
    },
    reconcile,
    recompute: () => {
      for (const uid of drawn.keys()) {
        const annotation = annotations.state.getAnnotation(uid);
        if (annotation !== undefined) annotation.invalidated = true;
      }
      host.redraw();
    },
    select: (id) => {
      const uid = id === null ? undefined : uidOf(id);
      if (uid === undefined) annotations.selection.deselectAnnotation();
      else annotations.selection.setAnnotationSelected(uid, true, false);
      host.redraw();
    },
    removeSelected: () => {
      for (const uid of annotations.selection.getAnnotationsSelected()) {
        if (drawn.has(uid)) annotations.state.removeAnnotation(uid);
      }
      host.onSelected(null);
      host.redraw();
    },
    find: (id) => {
      const one = saved.find((measurement) => measurement.id === id);
      return one === undefined ? null : { saved: one, centre: centreOfMeasurement(one) };
    },
    clear,
    destroy: () => {
      clear();
      for (const [name, listener] of events) eventTarget.removeEventListener(name, listener);
    },
  };
}

function isSamePlace(a: Measurement, b: Measurement): boolean {
  return a.geometry.points.every((point, index) => {
    const other = b.geometry.points[index];
    return (
      other !== undefined &&
      point.every((value, axis) => Math.abs(value - (other[axis] ?? 0)) < 0.01)
    );
  });
}
