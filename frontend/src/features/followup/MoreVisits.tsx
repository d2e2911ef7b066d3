import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { type ComparisonBrief, createComparison, type TimelineStudy } from "@/api/followup";
import { useMay } from "@/api/me";
import { Button } from "@/ui/Button";
import { ProblemNotice } from "@/ui/Notice";
import { idempotencyKey } from "@/ui/randomKeys";
import { type LaterVisit, laterVisits, type Visit } from "./choice";
import styles from "./Panels.module.css";
import { useRefresh } from "./useFollowup";

interface MoreVisitsProps {
  studies: readonly TimelineStudy[];
  comparisons: readonly ComparisonBrief[];
  base: Visit | null;
}

const WORDS: Record<LaterVisit["state"], string> = {
  none: "not registered yet",
  running: "on its way",
  ready: "registered",
  failed: "came to nothing",
};

/** All later visits of the patient, and the way to register several of them to the base at once. */
export function MoreVisits({ studies, comparisons, base }: MoreVisitsProps) {
  const refresh = useRefresh();
  const mayRun = useMay("followup.run");
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const visits = laterVisits(studies, comparisons, base);
  const open = visits.filter(({ state }) => state === "none" || state === "failed");
  const wanted = open.filter(({ series }) => !left.has(series.series_uid));
  const start = useMutation({
    mutationFn: async () => {
      for (const { series } of wanted) {
        await createComparison(
          {
            base: base?.series.series_uid ?? "",
            follow: series.series_uid,
            kind: "register",
            deformable: false,
          },
          idempotencyKey(),
        );
      }
    },
    onSettled: refresh,
  });
  if (visits.length < 2) return null;
  return (
    <section className={styles.block} aria-label="More visits">
      <h3>More visits</h3>
      <p className={styles.quiet}>
        Visits that are registered to the base of {base?.study.date ?? "no date"} can be seen
        together: turn on “Side by side” under Compare and choose up to three.
      </p>
      {visits.map(({ study, series, state }) => (
        <label key={series.series_uid} className={styles.tick}>
          <input
            type="checkbox"
            checked={state === "ready" || (isOpen(state) && !left.has(series.series_uid))}
            disabled={!isOpen(state) || start.isPending}
            onChange={() => setLeft(flipped(left, series.series_uid))}
          />
          {study.date ?? "No date"} · {series.description || series.modality}, {WORDS[state]}
        </label>
      ))}
      {start.isError && <ProblemNotice error={start.error} />}
      {open.length > 0 && (
        <div className={styles.actions}>
          <Button
            disabled={!mayRun || wanted.length === 0 || start.isPending}
            onClick={() => start.mutate()}
          >
            {start.isPending ? "Starting…" : `Register ${wanted.length} to the base`}
          </Button>
        </div>
      )}
    </section>
  );
}

const isOpen = (state: LaterVisit["state"]) => state === "none" || state === "failed";

function flipped(set: ReadonlySet<string>, uid: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(uid)) next.add(uid);
  return next;
}
