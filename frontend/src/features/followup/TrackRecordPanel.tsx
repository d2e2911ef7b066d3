import { History } from "lucide-react";
import type { TrackRecord } from "@/api/followup";
import { EmptyState } from "@/ui/EmptyState";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { CalibrationPlot } from "./CalibrationPlot";
import { millilitres, share, signedPercent } from "./figures";
import styles from "./Panels.module.css";
import { useTrackRecords } from "./useFollowup";

/** How often the models were right on the patients of this site. */
export function TrackRecordPanel() {
  const records = useTrackRecords();
  if (records.isPending) return <Spinner label="Loading the track record…" />;
  if (records.data === undefined) {
    return <ProblemNotice error={records.error} onRetry={() => void records.refetch()} />;
  }
  if (records.data.length === 0) {
    return (
      <EmptyState icon={<History />} title="No prediction has been made here">
        Predict a follow-up in the tab beside this one. When the real scan arrives, it is scored and
        counted here.
      </EmptyState>
    );
  }
  return (
    <div className={styles.panel}>
      {records.data.map((record) => (
        <Record key={`${record.pipeline} ${record.version} ${record.model_sha256}`} of={record} />
      ))}
    </div>
  );
}

function Record({ of: record }: { of: TrackRecord }) {
  const title = `${record.pipeline} ${record.version}`;
  const model = record.model_version === "" ? "" : `, model ${record.model_version}`;
  if (record.n === 0) {
    return (
      <section className={styles.block} aria-label={title}>
        <h3>{title}</h3>
        <p className={styles.quiet}>
          {record.predictions} made{model}; no scan has come to score one against
          {record.not_comparable > 0 && `, ${record.not_comparable} not comparable`}.
        </p>
      </section>
    );
  }
  return (
    <section className={styles.block} aria-label={title}>
      <h3>{title}</h3>
      <p className={styles.quiet}>
        {record.n} scored of {record.predictions} made, {record.patients} patients{model}
        {record.not_comparable > 0 && `; ${record.not_comparable} scans not comparable`}
      </p>
      <dl className={styles.facts}>
        <dt>Inside the {share(record.interval)} interval</dt>
        <dd>
          {share(record.coverage)} (n = {record.n}, 95 % range {share(record.coverage_low)} to{" "}
          {share(record.coverage_high)})
        </dd>
        <dt>Bias (actual − predicted)</dt>
        <dd>
          {millilitres(record.bias_ml)}, {signedPercent(record.bias_percent)}
        </dd>
        <dt>Better than carry-forward</dt>
        <dd>{share(record.beats_carry_forward)} of them</dd>
      </dl>
      <CalibrationPlot record={record} />
    </section>
  );
}
