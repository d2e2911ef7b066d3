import { useQueries } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import type { Lesion, Timeline } from "@/api/followup";
import { readStudy, studyKeys } from "@/api/studies";
import type { StudyDetail } from "@/api/types";
import { type Choice, firstChoice, visitOf } from "@/features/followup/choice";
import type { FollowupTab } from "@/features/followup/FollowupPanel";
import { NEW_PREDICTION } from "@/features/followup/PredictionPanel";
import { useComparison, usePrediction, useTracks } from "@/features/followup/useFollowup";
import { type MapWish, viewerFollowup } from "@/features/followup/viewerLayers";
import type { ViewerFocus } from "@/viewer/types";

const NO_MAP: MapWish = { key: null, nonce: 0 };

/** What the timeline, the images and the panel of the follow-up page have in common. */
export function useFollowupWork(study: StudyDetail, timeline: Timeline) {
  const studies = useMemo(() => [...timeline.studies, ...timeline.undated], [timeline]);
  const [own, setOwn] = useState<Choice | null>(null);
  const [tab, setTab] = useState<FollowupTab>("change");
  const [predictionId, setPredictionId] = useState(NEW_PREDICTION);
  const [shown, setShown] = useState<string | null>(null);
  const [focus, setFocus] = useState<ViewerFocus | null>(null);
  const [mapWish, setMapWish] = useState<MapWish>(NO_MAP);

  const choice = useMemo(
    () => own ?? firstChoice(studies, study.study_uid),
    [own, studies, study.study_uid],
  );
  // The newest first, as the API lists them.
  const brief =
    timeline.comparisons.find(
      (one) => one.base_series_uid === choice.base && one.follow_series_uid === choice.follow,
    ) ?? null;
  const comparison = useComparison(brief?.id ?? null);
  const isPredicting = tab === "prediction" && predictionId !== NEW_PREDICTION;
  const prediction = usePrediction(predictionId === NEW_PREDICTION ? null : predictionId);
  const tracks = useTracks(study.study_uid);

  const shownPrediction = isPredicting ? (prediction.data ?? null) : null;
  const shownComparison = isPredicting || brief === null ? null : (comparison.data ?? null);
  const base = shownPrediction?.base_series_uid ?? choice.base;
  const series = useSeriesOf([
    study.study_uid,
    visitOf(studies, base)?.study.study_uid,
    visitOf(studies, choice.follow)?.study.study_uid,
    // Further visits that were registered to this base lie in its frame.
    ...timeline.comparisons
      .filter((one) => one.base_series_uid === base)
      .flatMap((one) => [one.base_study_uid, one.follow_study_uid]),
    ...(shownComparison?.artifacts ?? []).map(({ study_uid: uid }) => uid),
    ...(shownPrediction?.artifacts ?? []).map(({ study_uid: uid }) => uid),
    ...(shownPrediction?.scores ?? []).map(({ actual_study_uid: uid }) => uid),
  ]);
  const activeSeriesUid = shown ?? base;
  const active = series.find(({ series_uid }) => series_uid === activeSeriesUid);
  const followup = useMemo(
    () =>
      viewerFollowup({
        series,
        active,
        comparison: shownComparison,
        prediction: shownPrediction,
        mapWish,
      }),
    [series, active, shownComparison, shownPrediction, mapWish],
  );

  const choose = useCallback(
    (next: Choice) => {
      setOwn(next);
      setShown(null);
      // A new prediction may be prepared while visits are looked at.
      if (isPredicting) setTab("change");
    },
    [isPredicting],
  );

  const showMap = useCallback((key: string) => {
    setShown(null);
    setMapWish((old) => ({ key, nonce: old.nonce + 1 }));
  }, []);

  /** The images go to the lesion; its place is given in the frame of the base. */
  const goTo = useCallback(
    (lesion: Lesion) => {
      setShown(null);
      setFocus((old) => ({
        nonce: (old?.nonce ?? 0) + 1,
        evidence: {
          structure: lesion.name,
          label: null,
          series_uid: choice.base,
          sop_instance_uid: null,
          slice_index: null,
          point_lps: lesion.centre_lps,
          segment_number: null,
        },
      }));
    },
    [choice.base],
  );

  const choosePrediction = useCallback((id: string) => {
    setPredictionId(id);
    setShown(null);
    setTab("prediction");
  }, []);

  return {
    studies,
    choice,
    choose,
    tab,
    setTab,
    brief,
    comparison,
    tracks,
    prediction,
    predictionId,
    choosePrediction,
    series,
    activeSeriesUid,
    setShown,
    followup,
    focus,
    goTo,
    showMap,
  };
}

/** All series of some studies: the images of two visits lie in two of them. */
function useSeriesOf(uids: readonly (string | undefined)[]) {
  const wanted = [...new Set(uids.filter((uid) => uid !== undefined && uid !== ""))] as string[];
  return useQueries({
    queries: wanted.map((uid) => ({
      queryKey: studyKeys.detail(uid),
      queryFn: () => readStudy(uid),
    })),
    combine: seriesOf,
  });
}

const seriesOf = (answers: readonly { data?: StudyDetail | undefined }[]) =>
  answers.flatMap(({ data }) => data?.series ?? []);
