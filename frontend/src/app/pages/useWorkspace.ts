import { useState } from "react";
import type { SavedMeasurement, Series, StudyDetail } from "@/api/types";
import { firstSeries } from "@/features/study/seriesText";
import type { Evidence, MeasurementSelection, ViewerFocus } from "@/viewer/types";

/** What the viewer, the series list and the panels of one study have in common. */
export function useWorkspace(study: StudyDetail) {
  const [chosen, setChosen] = useState<string | null>(null);
  const [overlay, setOverlay] = useState<string | null>(null);
  const [focus, setFocus] = useState<ViewerFocus | null>(null);
  const [selection, setSelection] = useState<MeasurementSelection | null>(null);
  const activeSeriesUid = chosen ?? firstSeries(study.series)?.series_uid ?? null;

  /** The newest segmentation made from the series. */
  function segmentationOf(seriesUid: string | null): string | null {
    const those = study.series.filter(
      (one) => one.kind === "seg" && seriesUid !== null && one.derived_from.includes(seriesUid),
    );
    return those.at(-1)?.series_uid ?? null;
  }

  function showSeries(seriesUid: string): void {
    const series = study.series.find((one) => one.series_uid === seriesUid);
    if (series?.kind === "image") {
      setChosen(seriesUid);
      if (overlay !== null && segmentationOf(seriesUid) !== overlay) setOverlay(null);
    }
    if (series?.kind === "seg") toggleSegmentation(series);
  }

  function toggleSegmentation(series: Series): void {
    const source = series.derived_from.find((uid) => isImage(uid));
    if (source !== undefined && overlay !== series.series_uid) setChosen(source);
    setOverlay(overlay === series.series_uid ? null : series.series_uid);
  }

  function isImage(uid: string): boolean {
    return study.series.some((one) => one.series_uid === uid && one.kind === "image");
  }

  /** Bring the images to where a statement can be checked, with its structure outlined. */
  function focusOn(evidence: Evidence): void {
    const source = evidence.series_uid;
    const shown = source !== null && isImage(source) ? source : activeSeriesUid;
    if (shown !== activeSeriesUid) setChosen(shown);
    const segmentation = segmentationOf(shown);
    if (segmentation !== null && overlay === null) setOverlay(segmentation);
    setFocus((old) => ({ evidence, nonce: (old?.nonce ?? 0) + 1 }));
  }

  function selectMeasurement({ id, series_uid }: SavedMeasurement): void {
    if (series_uid !== activeSeriesUid) showSeries(series_uid);
    setSelection((old) => ({ id, nonce: (old?.nonce ?? 0) + 1 }));
  }

  return {
    activeSeriesUid,
    activeSeries: study.series.find((one) => one.series_uid === activeSeriesUid) ?? null,
    overlay,
    setOverlay,
    availableSeg: segmentationOf(activeSeriesUid),
    focus,
    selection,
    setSelection,
    showSeries,
    focusOn,
    selectMeasurement,
  };
}
