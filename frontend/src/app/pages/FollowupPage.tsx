import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { readStudy, studyKeys } from "@/api/studies";
import { useTimeline } from "@/features/followup/useFollowup";
import { useStudiesChanged } from "@/live/react";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { usePageTitle } from "@/ui/usePageTitle";
import { FollowupWorkspace } from "./FollowupWorkspace";
import styles from "./StudyPage.module.css";

/** The patient of one study over time. */
export function FollowupPage() {
  usePageTitle("Follow-up");
  const { studyUid = "" } = useParams();
  const client = useQueryClient();
  const study = useQuery({
    queryKey: studyKeys.detail(studyUid),
    queryFn: () => readStudy(studyUid),
  });
  const timeline = useTimeline(studyUid);
  useStudiesChanged(() => void client.invalidateQueries({ queryKey: studyKeys.all }));

  if (study.isPending || timeline.isPending) return <Spinner label="Opening the timeline…" />;
  if (study.data === undefined || timeline.data === undefined) {
    const failed = study.data === undefined ? study : timeline;
    return (
      <div className={styles.problem}>
        <ProblemNotice error={failed.error} onRetry={() => void failed.refetch()} />
        <Link to="/">Back to the studies</Link>
      </div>
    );
  }
  return <FollowupWorkspace key={studyUid} study={study.data} timeline={timeline.data} />;
}
