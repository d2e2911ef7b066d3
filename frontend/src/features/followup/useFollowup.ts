import { type UseQueryResult, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import {
  followupKeys,
  listTrackRecords,
  readComparison,
  readPrediction,
  readTimeline,
  readTracks,
  type Timeline,
} from "@/api/followup";
import { jobKeys } from "@/api/jobs";
import { studyKeys } from "@/api/studies";
import { isFinished } from "@/live/protocol";
import { useStudiesChanged } from "@/live/react";
import { calendarDate } from "@/ui/format";
import { showToast } from "@/ui/toasts";
import { markOf } from "./timeline";

const RUNNING_MS = 2500;
const WAITING_MS = 6000;

/** How soon to ask again: runs end, and scans that predictions wait for arrive. */
export function nextLook(timeline: Timeline | undefined): number | false {
  if (timeline === undefined) return false;
  const { comparisons, predictions } = timeline;
  const scores = predictions.flatMap((prediction) => prediction.scores);
  const states = [...comparisons, ...predictions, ...scores].map(({ state }) => state);
  if (states.some((state) => !isFinished(state))) return RUNNING_MS;
  return predictions.some((one) => markOf(one) === "waiting") && WAITING_MS;
}

export function useTimeline(studyUid: string): UseQueryResult<Timeline> {
  const client = useQueryClient();
  const timeline = useQuery({
    queryKey: followupKeys.timeline(studyUid),
    queryFn: () => readTimeline(studyUid),
    refetchInterval: (query) => nextLook(query.state.data),
  });
  useStudiesChanged(
    () => void client.invalidateQueries({ queryKey: followupKeys.timeline(studyUid) }),
  );
  useScoreNews(timeline.data);
  return timeline;
}

/** Says when a prediction has been scored while the page is open. */
function useScoreNews(timeline: Timeline | undefined): void {
  const client = useQueryClient();
  const known = useRef<Set<string> | null>(null);
  useEffect(() => {
    if (timeline === undefined) return;
    const scored = timeline.predictions.flatMap(({ scores }) =>
      scores.filter(({ state }) => state === "succeeded"),
    );
    const before = known.current;
    known.current = new Set(scored.map(({ id }) => id));
    const news = before === null ? [] : scored.filter(({ id }) => !before.has(id));
    for (const { inside_interval: inside, actual_date: date } of news) {
      const verdict =
        inside === null ? "could not be judged" : inside ? "inside its interval" : "outside";
      showToast({
        tone: inside === false ? "info" : "good",
        text: `The scan of ${calendarDate(date)} came: the prediction is ${verdict}.`,
      });
    }
    if (news.length > 0) void client.invalidateQueries({ queryKey: followupKeys.all });
  }, [timeline, client]);
}

export function useComparison(id: string | null) {
  return useQuery({
    queryKey: followupKeys.comparison(id ?? ""),
    queryFn: () => readComparison(id ?? ""),
    enabled: id !== null,
    refetchInterval: ({ state: { data } }) =>
      data !== undefined && (!isFinished(data.state) || isUnread(data)) && RUNNING_MS,
  });
}

export function usePrediction(id: string | null) {
  return useQuery({
    queryKey: followupKeys.prediction(id ?? ""),
    queryFn: () => readPrediction(id ?? ""),
    enabled: id !== null,
    refetchInterval: ({ state: { data } }) => {
      if (data === undefined) return false;
      const isOpen = data.scores.some(({ state }) => !isFinished(state));
      return (!isFinished(data.state) || isUnread(data) || isOpen) && RUNNING_MS;
    },
  });
}

/** The run has ended; its result is being taken over. */
const isUnread = ({ state, content }: { state: string; content: unknown }) =>
  state === "succeeded" && content === null;

export function useTracks(studyUid: string) {
  return useQuery({
    queryKey: followupKeys.tracks(studyUid),
    queryFn: () => readTracks(studyUid),
  });
}

export function useTrackRecords() {
  return useQuery({ queryKey: followupKeys.records, queryFn: listTrackRecords });
}

/** Everything that a run may have changed. */
export function useRefresh(): () => void {
  const client = useQueryClient();
  return useCallback(() => {
    void client.invalidateQueries({ queryKey: followupKeys.all });
    void client.invalidateQueries({ queryKey: studyKeys.all });
    void client.invalidateQueries({ queryKey: jobKeys.all });
  }, [client]);
}
