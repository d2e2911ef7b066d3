import { lazy, Suspense, useCallback } from "react";
import { Link } from "react-router";
import { useMay } from "@/api/me";
import type { StudyDetail } from "@/api/types";
import { useStudyJobs } from "@/features/jobs/useJobs";
import { isScan } from "@/features/planning/inputs";
import { PlanningPanel } from "@/features/planning/PlanningPanel";
import { useSaveStructure } from "@/features/planning/usePlans";
import { StudyHeader } from "@/features/study/StudyHeader";
import { seriesTitle } from "@/features/study/seriesText";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import styles from "./PlanningPage.module.css";
import { usePlanning } from "./usePlanning";
import { ViewerBoundary } from "./ViewerBoundary";

const StudyViewer = lazy(() => import("@/viewer"));

export function PlanningWorkspace({ study }: { study: StudyDetail }) {
  const work = usePlanning(study);
  const jobs = useStudyJobs(study.study_uid);
  const { activeSeriesUid, planning, plans, seen } = work;
  const images = study.series.filter(isScan);
  const hasOther = planning.companionUids.length > 0;
  const mayDraw = useMay("annotation.edit");
  const saveStructure = useSaveStructure(study.study_uid);
  const sawImages = useCallback(() => seen("images"), [seen]);

  return (
    <div className={styles.page}>
      <StudyHeader study={study}>
        <Link to={`/studies/${study.study_uid}`}>Images and report</Link>
      </StudyHeader>
      <div className={styles.columns}>
        <div className={styles.images}>
          <div className={styles.bar}>
            <label>
              Image shown
              <select
                value={activeSeriesUid ?? ""}
                onChange={(event) => work.setShown(event.target.value)}
              >
                {images.map((one) => (
                  <option key={one.series_uid} value={one.series_uid}>
                    {seriesTitle(one)}
                    {one.ai_generated ? " (AI-made)" : ""}
                  </option>
                ))}
              </select>
            </label>
          </div>
          {/* With one image there is nothing to lay beside it: working with it is looking at it. */}
          <div className={styles.viewer} onPointerDownCapture={hasOther ? undefined : sawImages}>
            <ViewerBoundary>
              <Suspense fallback={<Spinner label="Loading the viewer…" />}>
                <StudyViewer
                  studyUid={study.study_uid}
                  series={study.series}
                  activeSeriesUid={activeSeriesUid}
                  planning={planning}
                  onStructuresRead={work.setRegions}
                  onCompared={sawImages}
                  {...(mayDraw ? { onStructureDrawn: saveStructure } : {})}
                  onActiveSeriesChange={work.setShown}
                  canMeasure={false}
                />
              </Suspense>
            </ViewerBoundary>
          </div>
        </div>
        <aside className={styles.side} aria-label="Planning">
          {plans.isPending && <Spinner label="Loading the plans…" />}
          {plans.isError && (
            <ProblemNotice error={plans.error} onRetry={() => void plans.refetch()} />
          )}
          {plans.isSuccess && (
            <PlanningPanel
              study={study}
              jobs={jobs.data ?? []}
              plans={plans.data}
              chosen={work.chosen}
              onChoose={work.choose}
              plan={work.plan}
              onSeen={seen}
              inputs={work.inputs}
              onInputs={work.setInputs}
              regions={work.regions}
            />
          )}
        </aside>
      </div>
    </div>
  );
}
