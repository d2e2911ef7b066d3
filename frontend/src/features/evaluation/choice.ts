/** Which runs are chosen for the comparison, and why another cannot join them. */
import type { EvaluationBrief } from "@/api/evaluation";

export const CHOSEN_MAX = 4;
export const CHOSEN_MIN = 2;

/** The reason why a run cannot be chosen beside those already chosen; empty where it can. */
export function obstacle(run: EvaluationBrief, chosen: readonly EvaluationBrief[]): string {
  const first = chosen[0];
  if (first === undefined || chosen.some(({ id }) => id === run.id)) return "";
  if (run.task !== first.task) return `Of another task than the chosen ones (${first.task}).`;
  if (run.data_sha256 !== first.data_sha256) {
    return `Measured on other data than the chosen ones (${first.data_name}).`;
  }
  if (chosen.length >= CHOSEN_MAX) return `At most ${CHOSEN_MAX} runs are compared at once.`;
  return "";
}

export function toggled(
  run: EvaluationBrief,
  chosen: readonly EvaluationBrief[],
): readonly EvaluationBrief[] {
  if (chosen.some(({ id }) => id === run.id)) return chosen.filter(({ id }) => id !== run.id);
  return obstacle(run, chosen) === "" ? [...chosen, run] : chosen;
}

export const compareAddress = (ids: readonly string[]): string =>
  `/evaluations/compare?runs=${ids.join(",")}`;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The runs that an address names, which anyone may have typed. */
export function runsOf(text: string | null): string[] {
  const ids = (text ?? "").split(",").filter((id) => UUID.test(id));
  return [...new Set(ids)].slice(0, CHOSEN_MAX);
}

export const runTitle = (run: Pick<EvaluationBrief, "title" | "prediction_name">): string =>
  run.title || run.prediction_name;
