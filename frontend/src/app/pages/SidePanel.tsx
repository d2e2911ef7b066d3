import { Tabs } from "radix-ui";
import type { StudyDetail } from "@/api/types";
import { JobList } from "@/features/jobs/JobList";
import { useStudyJobs } from "@/features/jobs/useJobs";
import { MeasurementsPanel } from "@/features/measurements/MeasurementsPanel";
import type { useMeasurements } from "@/features/measurements/useMeasurements";
import { ReportPanel } from "@/features/report/ReportPanel";
import { InfoPanel } from "@/features/study/InfoPanel";
import { EmptyState } from "@/ui/EmptyState";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import styles from "./SidePanel.module.css";
import { usePanelWidth } from "./usePanelWidth";
import type { useWorkspace } from "./useWorkspace";

interface SidePanelProps {
  study: StudyDetail;
  workspace: ReturnType<typeof useWorkspace>;
  measurements: ReturnType<typeof useMeasurements>;
}

function Tab({ value, title, amount }: { value: string; title: string; amount?: number }) {
  return (
    <Tabs.Trigger value={value} className={styles.tab}>
      {title}
      {amount !== undefined && amount > 0 && <span className={styles.amount}>{amount}</span>}
    </Tabs.Trigger>
  );
}

export function SidePanel({ study, workspace, measurements }: SidePanelProps) {
  const { width, handle } = usePanelWidth();
  const jobs = useStudyJobs(study.study_uid);
  const rows = jobs.data ?? [];
  return (
    <aside className={styles.side} style={{ width }} aria-label="Report and details">
      <div className={styles.handle} {...handle} />
      <Tabs.Root defaultValue="report" className={styles.root}>
        <Tabs.List className={styles.tabs} aria-label="Panels">
          <Tab value="report" title="Report" />
          <Tab
            value="measurements"
            title="Measurements"
            amount={measurements.query.data?.length ?? 0}
          />
          <Tab value="jobs" title="Jobs" amount={rows.length} />
          <Tab value="info" title="Info" amount={study.priors.length} />
        </Tabs.List>
        {/* The report keeps its state (an unsaved sentence) while another tab is looked at. */}
        <Tabs.Content value="report" forceMount className={styles.content}>
          {jobs.isPending && <Spinner />}
          {jobs.isError && <ProblemNotice error={jobs.error} onRetry={() => void jobs.refetch()} />}
          {jobs.isSuccess && (
            <ReportPanel
              study={study}
              jobs={rows}
              focused={workspace.focus?.evidence ?? null}
              onFocus={workspace.focusOn}
              overlaySeriesUid={workspace.overlay}
              availableSeg={workspace.availableSeg}
              onOverlay={workspace.setOverlay}
            />
          )}
        </Tabs.Content>
        <Tabs.Content value="measurements" className={styles.content}>
          <MeasurementsPanel
            measurements={measurements}
            series={study.series}
            selectedId={workspace.selection?.id ?? null}
            onSelect={workspace.selectMeasurement}
          />
        </Tabs.Content>
        <Tabs.Content value="jobs" className={styles.content}>
          <div className={styles.jobs}>
            {rows.length === 0 ? (
              <EmptyState title="No jobs on this study">Draft a report to start one.</EmptyState>
            ) : (
              <JobList jobs={rows} withStudy={false} />
            )}
          </div>
        </Tabs.Content>
        <Tabs.Content value="info" className={styles.content}>
          <InfoPanel study={study} series={workspace.activeSeries} />
        </Tabs.Content>
      </Tabs.Root>
    </aside>
  );
}
