import { useQuery } from "@tanstack/react-query";
import { Boxes } from "lucide-react";
import { listPipelines, pipelinesKey } from "@/api/pipelines";
import { ModelList } from "@/features/models/ModelList";
import { EmptyState } from "@/ui/EmptyState";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { usePageTitle } from "@/ui/usePageTitle";
import styles from "./Page.module.css";

export function ModelsPage() {
  usePageTitle("Models");
  const pipelines = useQuery({ queryKey: pipelinesKey, queryFn: listPipelines });
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <h1 className={styles.title}>Models</h1>
      </header>
      <p className={styles.lead}>
        What can be run here, what it is for, and what was measured of it. Research only: none of
        these is a medical device.
      </p>
      {pipelines.isPending && <Spinner label="Loading models…" />}
      {pipelines.isError && (
        <ProblemNotice error={pipelines.error} onRetry={() => void pipelines.refetch()} />
      )}
      {pipelines.data?.length === 0 && (
        <EmptyState icon={<Boxes />} title="No models are installed">
          An administrator brings the registry up to date with <code>manage.py sync_registry</code>.
        </EmptyState>
      )}
      {pipelines.data && <ModelList pipelines={pipelines.data} />}
    </div>
  );
}
