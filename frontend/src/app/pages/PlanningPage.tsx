import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { readStudy, studyKeys } from "@/api/studies";
import { useStudiesChanged } from "@/live/react";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { usePageTitle } from "@/ui/usePageTitle";
import { PlanningWorkspace } from "./PlanningWorkspace";
import styles from "./StudyPage.module.css";

/** Planning on the images of one study. */
export function PlanningPage() {
  usePageTitle("Planning");
  const { studyUid = "" } = useParams();
  const client = useQueryClient();
  const study = useQuery({
    queryKey: studyKeys.detail(studyUid),
    queryFn: () => readStudy(studyUid),
  });
  useStudiesChanged(() => void client.invalidateQueries({ queryKey: studyKeys.detail(studyUid) }));

  if (study.isPending) return <Spinner label="Opening the study…" />;
  if (study.data === undefined) {
    return (
      <div className={styles.problem}>
        <ProblemNotice error={study.error} onRetry={() => void study.refetch()} />
        <Link to="/">Back to the studies</Link>
      </div>
    );
  }
  return <PlanningWorkspace key={studyUid} study={study.data} />;
}
