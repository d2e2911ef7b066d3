import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Link } from "react-router";
import { useMay } from "@/api/me";
import type { StudyDetail } from "@/api/types";
import { useMeasurements } from "@/features/measurements/useMeasurements";
import { SeriesList } from "@/features/study/SeriesList";
import { StudyHeader } from "@/features/study/StudyHeader";
import { IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { Spinner } from "@/ui/Spinner";
import { SidePanel } from "./SidePanel";
import styles from "./StudyPage.module.css";
import { useWorkspace } from "./useWorkspace";
import { ViewerBoundary } from "./ViewerBoundary";

const StudyViewer = lazy(() => import("@/viewer"));

export function StudyWorkspace({ study }: { study: StudyDetail }) {
  const workspace = useWorkspace(study);
  const measurements = useMeasurements(study.study_uid);
  const mayMeasure = useMay("annotation.edit");
  const mayFollow = useMay("followup.view");
  const mayPlan = useMay("plan.view");
  const [railOpen, setRailOpen] = useState(true);
  const { activeSeriesUid, overlay, focus, selection } = workspace;

  return (
    <div className={styles.page}>
      <StudyHeader study={study}>
        {mayFollow && <Link to={`/studies/${study.study_uid}/followup`}>Follow-up</Link>}
        {mayPlan && <Link to={`/studies/${study.study_uid}/planning`}>Planning</Link>}
      </StudyHeader>
      <div className={cx(styles.columns, !railOpen && styles.railClosed)}>
        <aside className={styles.rail} aria-label="Series of this study">
          <div className={styles.railHead}>
            <IconButton
              label={railOpen ? "Hide the series" : "Show the series"}
              aria-expanded={railOpen}
              onClick={() => setRailOpen(!railOpen)}
            >
              {railOpen ? <PanelLeftClose /> : <PanelLeftOpen />}
            </IconButton>
          </div>
          {railOpen && (
            <SeriesList
              series={study.series}
              activeSeriesUid={activeSeriesUid}
              overlaySeriesUid={overlay}
              onChoose={(series) => workspace.showSeries(series.series_uid)}
            />
          )}
        </aside>
        <div className={styles.viewer}>
          <ViewerBoundary>
            <Suspense fallback={<Spinner label="Loading the viewer…" />}>
              <StudyViewer
                studyUid={study.study_uid}
                series={study.series}
                activeSeriesUid={activeSeriesUid}
                overlay={overlay === null ? null : { segSeriesUid: overlay }}
                focus={focus}
                measurements={measurements.query.data ?? []}
                selectedMeasurement={selection}
                onMeasurementsChange={measurements.onChange}
                onMeasurementSelected={(id) =>
                  workspace.setSelection(id === null ? null : { id, nonce: 0 })
                }
                onActiveSeriesChange={workspace.showSeries}
                onOverlayChange={(next) => workspace.setOverlay(next?.segSeriesUid ?? null)}
                canMeasure={mayMeasure}
              />
            </Suspense>
          </ViewerBoundary>
        </div>
        <SidePanel study={study} workspace={workspace} measurements={measurements} />
      </div>
    </div>
  );
}
