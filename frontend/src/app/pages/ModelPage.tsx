import { useQuery } from "@tanstack/react-query";
import { ArrowLeft } from "lucide-react";
import { Link, useParams } from "react-router";
import { useMay } from "@/api/me";
import { listPipelines, pipelinesKey } from "@/api/pipelines";
import { LinkedRuns } from "@/features/evaluation/LinkedRuns";
import { ModelCard } from "@/features/models/ModelCard";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { usePageTitle } from "@/ui/usePageTitle";
import { NotFoundPage } from "./NotFoundPage";
import styles from "./WidePage.module.css";

export function ModelPage() {
  const { name = "" } = useParams();
  const pipelines = useQuery({ queryKey: pipelinesKey, queryFn: listPipelines });
  const seesEvaluations = useMay("evaluation.view");
  const pipeline = pipelines.data?.find((one) => one.name === name);
  usePageTitle(pipeline?.title ?? "Model");
  if (pipelines.isPending) return <Spinner label="Loading the model…" />;
  if (pipelines.isError) {
    return (
      <div className={styles.page}>
        <ProblemNotice error={pipelines.error} onRetry={() => void pipelines.refetch()} />
      </div>
    );
  }
  if (pipeline === undefined) return <NotFoundPage />;
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <h1 className={styles.title}>{pipeline.title}</h1>
        <Link to="/models" className={styles.back}>
          <ArrowLeft aria-hidden />
          All models
        </Link>
      </header>
      <ModelCard pipeline={pipeline}>
        {seesEvaluations && <LinkedRuns pipeline={pipeline.name} />}
      </ModelCard>
    </div>
  );
}
