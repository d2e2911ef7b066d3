/** Carries the viewer's props into the session. */

import { useEffect, useRef } from "react";
import { toPoint } from "./geometry";
import type { ViewerSession } from "./session";
import { useStore } from "./store";
import type { StudyViewerProps, ViewerFollowup, ViewerPlanning, ViewerSeries } from "./types";
import type { ViewerState } from "./viewerState";

export function useSeries(session: ViewerSession, active: ViewerSeries | null): void {
  // A refetched study gives new objects for the same series: only another series opens anew.
  const latest = useRef(active);
  latest.current = active;
  const uid = active?.series_uid ?? null;
  // While a series arrives it has no geometry; once it has one, there is more to show.
  const kind = active?.geometry.kind ?? null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: kind is a trigger
  useEffect(() => {
    void session.open(uid === null ? null : latest.current);
  }, [session, uid, kind]);
}

export function useOverlay(
  session: ViewerSession,
  mode: ViewerState["mode"],
  seg: ViewerSeries | null,
): void {
  const segSeriesUid = seg?.series_uid ?? null;
  const kind = seg?.geometry.kind;
  // biome-ignore lint/correctness/useExhaustiveDependencies: kind changes when all has arrived
  useEffect(() => {
    const loaded = session.series;
    if (segSeriesUid === null || mode === null || loaded === null) {
      session.overlay.close();
      return;
    }
    void session.overlay.open(segSeriesUid, loaded);
  }, [session, mode, segSeriesUid, kind]);
}

export function useFocus(session: ViewerSession, props: StudyViewerProps, isReady: boolean): void {
  const { focus = null, activeSeriesUid, series, onActiveSeriesChange } = props;
  const done = useRef<number | null>(null);
  useEffect(() => {
    if (focus === null || done.current === focus.nonce) return;
    const { evidence } = focus;
    const wanted = series.find((one) => one.series_uid === evidence.series_uid);
    if (wanted?.kind === "image" && wanted.series_uid !== activeSeriesUid) {
      onActiveSeriesChange?.(wanted.series_uid);
      return;
    }
    if (!isReady || session.series?.series.series_uid !== activeSeriesUid) return;
    done.current = focus.nonce;
    session.overlay.highlight(evidence.label);
    session.navigation.goTo({
      point: toPoint(evidence.point_lps),
      sopInstanceUid: evidence.sop_instance_uid,
      sliceIndex: evidence.slice_index,
    });
  }, [session, focus, activeSeriesUid, series, onActiveSeriesChange, isReady]);
}

export function useMeasurements(session: ViewerSession, props: StudyViewerProps): void {
  const { measurements, selectedMeasurement, onMeasurementsChange, onMeasurementSelected } = props;
  const canMeasure = props.canMeasure ?? true;
  useEffect(() => session.setCanMeasure(canMeasure), [session, canMeasure]);
  useEffect(() => {
    session.measurements.setSave(onMeasurementsChange ?? null);
  }, [session, onMeasurementsChange]);
  useEffect(() => {
    session.measurements.setSaved(measurements ?? []);
  }, [session, measurements]);

  const selected = useRef<number | null>(null);
  useEffect(() => {
    if (!selectedMeasurement || selected.current === selectedMeasurement.nonce) return;
    selected.current = selectedMeasurement.nonce;
    if (selectedMeasurement.nonce === 0) return;
    session.goToMeasurement(selectedMeasurement.id);
  }, [session, selectedMeasurement]);

  const told = useRef<string | null>(null);
  useEffect(() => {
    const tell = () => {
      const { selectedMeasurementId } = session.state.get();
      if (selectedMeasurementId === told.current) return;
      told.current = selectedMeasurementId;
      onMeasurementSelected?.(selectedMeasurementId);
    };
    tell();
    return session.state.subscribe(tell);
  }, [session, onMeasurementSelected]);
}

/** Two visits are compared as the images of a plan are; a follow-up has no doses. */
const comparedAlone = ({ companionSeriesUid, companionUids }: ViewerFollowup): ViewerPlanning => ({
  doses: [],
  structuresSeriesUid: null,
  companionSeriesUid,
  companionUids,
  lowerSeriesUid: null,
  upperSeriesUid: null,
});

export function useLayers(session: ViewerSession, props: StudyViewerProps): void {
  const { planning = null, followup = null, series, activeSeriesUid } = props;
  const { onStructuresRead, onCompared } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another image is compared anew
  useEffect(() => {
    const asked = followup === null ? planning : comparedAlone(followup);
    session.layers.setRequest(asked === null ? null : { planning: asked, followup, series });
  }, [session, planning, followup, series, activeSeriesUid]);

  const { structures, isBeside, fusion, companion } = useStore(session.layers.state);
  useEffect(() => {
    onStructuresRead?.(structures.map(({ name }) => name));
  }, [structures, onStructuresRead]);
  const isCompared = (isBeside || fusion !== "off") && companion.status === "ready";
  useEffect(() => {
    if (isCompared) onCompared?.();
  }, [isCompared, onCompared]);
}
