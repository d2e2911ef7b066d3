import { useMutation, useQuery } from "@tanstack/react-query";
import { GitCompareArrows } from "lucide-react";
import { useState } from "react";
import { type ComparisonKind, createComparison } from "@/api/followup";
import { ARRIVING_MS, isArriving, pipelineKeys, readEligibility } from "@/api/jobs";
import { useMay } from "@/api/me";
import { Button } from "@/ui/Button";
import fields from "@/ui/Field.module.css";
import { Notice, ProblemNotice } from "@/ui/Notice";
import { idempotencyKey } from "@/ui/randomKeys";
import { cautions, objections, type Visit } from "./choice";
import styles from "./Panels.module.css";
import { useRefresh } from "./useFollowup";

const KINDS: readonly { kind: ComparisonKind; title: string; pipeline: string }[] = [
  { kind: "change", title: "Register and measure change (head MR)", pipeline: "detect_change" },
  { kind: "register", title: "Register only (any MR or CT)", pipeline: "compare_scans" },
];

interface StartComparisonProps {
  base: Visit | null;
  follow: Visit | null;
  /** There is a comparison of these two already. */
  isAgain: boolean;
}

/** Says whether the two can be compared, and why not; starts the run. */
export function StartComparison({ base, follow, isAgain }: StartComparisonProps) {
  const refresh = useRefresh();
  const mayRun = useMay("followup.run");
  const [kind, setKind] = useState<ComparisonKind>("change");
  const [deformable, setDeformable] = useState(false);
  const [key, setKey] = useState(idempotencyKey);
  const pipeline = KINDS.find((one) => one.kind === kind)?.pipeline ?? "";
  const against = objections(base, follow).filter(
    ({ code }) => kind === "change" || code !== "modality_mismatch",
  );
  const fitsBase = useFits(pipeline, base);
  const fitsFollow = useFits(pipeline, follow);
  const refusals = [...reasonsOf("Base", fitsBase), ...reasonsOf("Follow-up", fitsFollow)];
  const start = useMutation({
    mutationFn: () => {
      const pair = { base: base?.series.series_uid ?? "", follow: follow?.series.series_uid ?? "" };
      return createComparison(
        { ...pair, kind, deformable: kind === "register" && deformable },
        key,
      );
    },
    onSuccess: () => {
      setKey(idempotencyKey());
      refresh();
    },
  });

  function change(act: () => void): void {
    act();
    setKey(idempotencyKey());
    start.reset();
  }

  const warned = cautions(base, follow);
  return (
    <section className={styles.block} aria-label="Compare">
      <h3>{isAgain ? "Compare again" : "Compare these two"}</h3>
      <label className={fields.label}>
        What
        <select
          className={fields.select}
          value={kind}
          onChange={(event) => change(() => setKind(event.target.value as ComparisonKind))}
        >
          {KINDS.map((one) => (
            <option key={one.kind} value={one.kind}>
              {one.title}
            </option>
          ))}
        </select>
      </label>
      {/* Bending the follow-up would take away the change that is to be measured. */}
      {kind === "register" && (
        <label className={styles.tick}>
          <input
            type="checkbox"
            checked={deformable}
            onChange={(event) => change(() => setDeformable(event.target.checked))}
          />
          Deformable registration after the rigid one
        </label>
      )}
      {against.length > 0 && (
        <Notice tone="caution" title="These two cannot be compared yet">
          {against.map(({ code, text }) => (
            <p key={code}>{text}</p>
          ))}
        </Notice>
      )}
      {against.length === 0 && refusals.length > 0 && (
        <Notice tone="caution" title="An image does not fit">
          {refusals.map((text) => (
            <p key={text}>{text}</p>
          ))}
        </Notice>
      )}
      {warned.map(({ code, text }) => (
        <p key={code} className={styles.quiet}>
          {text}
        </p>
      ))}
      {fitsBase.isError && (
        <ProblemNotice error={fitsBase.error} onRetry={() => void fitsBase.refetch()} />
      )}
      {!mayRun && <Notice title="Your role does not allow comparing." />}
      {start.isError && <ProblemNotice error={start.error} />}
      <div className={styles.actions}>
        <Button
          variant="primary"
          icon={<GitCompareArrows />}
          disabled={!mayRun || against.length > 0 || refusals.length > 0 || start.isPending}
          onClick={() => start.mutate()}
        >
          {start.isPending ? "Starting…" : "Compare"}
        </Button>
      </div>
    </section>
  );
}

function useFits(pipeline: string, visit: Visit | null) {
  const uid = visit?.series.series_uid ?? "";
  return useQuery({
    queryKey: [...pipelineKeys.eligibility(pipeline, uid), visit?.series.slices],
    queryFn: () => readEligibility(pipeline, uid),
    enabled: visit !== null,
    refetchInterval: (query) => isArriving(query.state.data) && ARRIVING_MS,
  });
}

function reasonsOf(name: string, { data }: ReturnType<typeof useFits>): string[] {
  return data?.ok === false ? data.reasons.map(({ message }) => `${name}: ${message}`) : [];
}
