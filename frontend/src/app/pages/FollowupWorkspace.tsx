import { lazy, Suspense } from "react";
import { Link } from "react-router";
import type { Timeline } from "@/api/followup";
import { useMay } from "@/api/me";
import type { StudyDetail } from "@/api/types";
import { ChangePanel } from "@/features/followup/ChangePanel";
import { visitOf } from "@/features/followup/choice";
import { FollowupPanel } from "@/features/followup/FollowupPanel";
import { PredictionPanel } from "@/features/followup/PredictionPanel";
import { TimelineStrip } from "@/features/followup/TimelineStrip";
import { TrackRecordPanel } from "@/features/followup/TrackRecordPanel";
import { StudyHeader } from "@/features/study/StudyHeader";
import { seriesTitle } from "@/features/study/seriesText";
import { Spinner } from "@/ui/Spinner";
import styles from "./FollowupPage.module.css";
import { useFollowupWork } from "./useFollowupWork";
import { ViewerBoundary } from "./ViewerBoundary";

const StudyViewer = lazy(() => import("@/viewer"));

interface FollowupWorkspaceProps {
  study: StudyDetail;
  timeline: Timeline;
}

export function FollowupWorkspace({ study, timeline }: FollowupWorkspaceProps) {
  const work = useFollowupWork(study, timeline);
  const mayPlan = useMay("plan.view");
  const { studies, choice, series, activeSeriesUid } = work;
  const images = series.filter(({ kind, modality }) => kind === "image" && modality !== "OT");
  const [base, follow] = [visitOf(studies, choice.base), visitOf(studies, choice.follow)];

  return (
    <div className={styles.page}>
      <StudyHeader study={study}>
        <Link to={`/studies/${study.study_uid}`}>Images and report</Link>
        {mayPlan && <Link to={`/studies/${study.study_uid}/planning`}>Planning</Link>}
      </StudyHeader>
      <TimelineStrip
        studyUid={study.study_uid}
        timeline={timeline}
        choice={choice}
        onChoice={work.choose}
        onPrediction={({ id }) => work.choosePrediction(id)}
      />
      <div className={styles.columns}>
        <div className={styles.images}>
          <div className={styles.bar}>
            <label>
              Image shown
              <select
                value={activeSeriesUid ?? ""}
                onChange={(event) => work.setShown(event.target.value)}
              >
                {activeSeriesUid === null && <option value="">None</option>}
                {images.map((one) => (
                  <option key={one.series_uid} value={one.series_uid}>
                    {seriesTitle(one)}
                    {whenOf(timeline, one.study_uid)}
                    {one.ai_generated ? " (AI-made)" : ""}
                  </option>
                ))}
              </select>
            </label>
          </div>
          <div className={styles.viewer}>
            <ViewerBoundary>
              <Suspense fallback={<Spinner label="Loading the viewer…" />}>
                <StudyViewer
                  studyUid={study.study_uid}
                  series={series}
                  activeSeriesUid={activeSeriesUid}
                  followup={work.followup}
                  focus={work.focus}
                  onActiveSeriesChange={work.setShown}
                  canMeasure={false}
                />
              </Suspense>
            </ViewerBoundary>
          </div>
        </div>
        <aside className={styles.side} aria-label="Follow-up">
          <FollowupPanel
            tab={work.tab}
            onTab={work.setTab}
            change={
              <ChangePanel
                comparisons={timeline.comparisons}
                brief={work.brief}
                comparison={work.comparison}
                tracks={work.tracks.data ?? []}
                studies={studies}
                base={base}
                follow={follow}
                onChoice={work.choose}
                onGo={work.goTo}
              />
            }
            prediction={
              <PredictionPanel
                studies={studies}
                predictions={timeline.predictions}
                chosen={work.predictionId}
                onChoose={work.choosePrediction}
                prediction={work.prediction}
                firstBase={choice.follow ?? choice.base}
                onMap={work.showMap}
              />
            }
            record={<TrackRecordPanel />}
          />
        </aside>
      </div>
    </div>
  );
}

function whenOf({ studies }: Timeline, studyUid: string): string {
  const date = studies.find(({ study_uid }) => study_uid === studyUid)?.date;
  return date == null ? "" : `, ${date}`;
}
