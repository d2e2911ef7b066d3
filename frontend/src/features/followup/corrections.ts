/** What can be said of a lesion by hand, and how the API is told. */
import type { CorrectionWish, Lesion } from "@/api/followup";
import { LESION_STATES } from "./words";

export interface OfferedCorrection {
  title: string;
  body: Omit<CorrectionWish, "reason">;
}

/** Two lesions become one by naming the other; a split is only found by the model. */
const BY_HAND = ["new", "enlarging", "stable", "shrinking", "resolved"] as const;

export function correctionsFor(
  lesion: Lesion,
  all: readonly Lesion[],
): { states: OfferedCorrection[]; others: OfferedCorrection[] } {
  const { track } = lesion;
  const last = lesion.corrections.at(-1);
  const states = BY_HAND.filter((state) => state !== lesion.state).map((state) => ({
    title: LESION_STATES[state],
    body: { what: "state" as const, track, value: state },
  }));
  const targets = all.filter(
    (one) => one.track !== track && !one.rejected && one.merged_into === null,
  );
  const others: OfferedCorrection[] = [];
  if (!lesion.rejected) {
    others.push({ title: "Not a lesion", body: { what: "rejected", track, value: "" } });
  }
  if (last !== undefined) {
    const body = { what: "withdrawn" as const, track: "", value: "", withdraws: last };
    others.push({ title: "Undo the last correction", body });
  }
  // There may be many: they come last.
  if (lesion.merged_into === null && !lesion.rejected) {
    for (const target of targets) {
      const body = { what: "merged" as const, track, value: target.track };
      others.push({ title: `Part of ${target.name}`, body });
    }
  }
  return { states: lesion.rejected ? [] : states, others };
}
