import { ChartNoAxesCombined } from "lucide-react";
import { EmptyState } from "@/ui/EmptyState";
import { CopyCommand } from "./CopyCommand";
import styles from "./Evaluation.module.css";

const FIRST =
  "python -m ml evaluate segmentation --pred PREDICTIONS --ref REFERENCES --out OUT --data-kind simulated";

/** How to come to a first run. */
export function NoRuns() {
  return (
    <div className={styles.first}>
      <EmptyState icon={<ChartNoAxesCombined />} title="No evaluations yet">
        Measure predictions against references on the command line, then import the file{" "}
        <code>OUT/evaluation.json</code>: with the button above, by dropping it here, or with{" "}
        <code>manage.py evaluation_import</code>.
      </EmptyState>
      <CopyCommand text={FIRST} label="the command for a first evaluation" />
    </div>
  );
}
