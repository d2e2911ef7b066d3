import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ImageOff } from "lucide-react";
import { Link, useParams } from "react-router";
import { readStudy, studyKeys } from "@/api/studies";
import { useStudiesChanged } from "@/live/react";
import { EmptyState } from "@/ui/EmptyState";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { usePageTitle } from "@/ui/usePageTitle";
import styles from "./StudyPage.module.css";
import { StudyWorkspace } from "./StudyWorkspace";

export function StudyPage() {
  usePageTitle("Study");
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
  if (study.data.series.length === 0) {
    return (
      <EmptyState icon={<ImageOff />} title="This study has no series yet">
        Images may still be on their way; they appear here by themselves.
      </EmptyState>
    );
  }
  return <StudyWorkspace key={studyUid} study={study.data} />;
}
