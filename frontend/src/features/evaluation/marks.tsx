import { FlaskConical, ScanLine, TriangleAlert } from "lucide-react";
import type { EvaluationBrief } from "@/api/evaluation";
import { Badge } from "@/ui/Badge";
import { count } from "@/ui/format";

type Kind = Pick<EvaluationBrief, "data_kind">;

/** What the figures were measured on: simulated data say nothing of clinical validity. */
export function KindBadge({ run }: { run: Kind }) {
  if (run.data_kind === "simulated") {
    return (
      <Badge tone="caution" icon={<FlaskConical aria-hidden />} title="Measured on simulated data">
        SIMULATED
      </Badge>
    );
  }
  if (run.data_kind === "not given") {
    return (
      <Badge tone="caution" title="Nobody said whether the data are simulated or real">
        KIND NOT GIVEN
      </Badge>
    );
  }
  return (
    <Badge tone="accent" icon={<ScanLine aria-hidden />} title="Measured on real data">
      {run.data_kind === "held-out real" ? "REAL, HELD OUT" : run.data_kind.toUpperCase()}
    </Badge>
  );
}

export function CompleteBadge({ run }: { run: EvaluationBrief }) {
  if (run.complete) return <Badge tone="good">Complete</Badge>;
  return (
    <Badge
      tone="danger"
      icon={<TriangleAlert aria-hidden />}
      title="The figures are of the other cases only"
    >
      INCOMPLETE · {count(run.problem_count, "case")} missing
    </Badge>
  );
}
