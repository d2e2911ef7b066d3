/** What a plan says, in the forms in which the panels show it. */
import type { Check, DecisionKind, Plan, PlanResult } from "@/api/planning";
import type { ViewerDose } from "@/viewer/types";

const DOSE_TITLES: Record<string, string> = {
  plan: "Plan",
  reference: "Recalculated on the reference CT",
  bulk: "Recalculated on bulk densities",
  lower: "On the 5 % bound",
  upper: "On the 95 % bound",
  difference: "Difference: reference − plan",
  gamma: "γ map",
};

/** The prescribed dose in Gy that percentages refer to; null where the template has none. */
export function prescriptionOf(result: PlanResult): number | null {
  const { prescription_gy: gray } = result.template;
  return typeof gray === "number" && gray > 0 ? gray : null;
}

/** The doses of a plan as the viewer lays them over the images, the plan's own first. */
export function viewerDoses(plan: Plan): ViewerDose[] {
  const { result } = plan;
  const prescription = result === null ? null : prescriptionOf(result);
  if (result === null || prescription === null) return [];
  const root = `/api/v1/plans/${plan.id}`;
  return plan.doses.map((which) => ({
    key: which,
    title: DOSE_TITLES[which] ?? which,
    kind: which === "gamma" || which === "difference" ? which : "dose",
    url: `${root}/dose?which=${encodeURIComponent(which)}`,
    gridUrl: `${root}/dose-grid?which=${encodeURIComponent(which)}`,
    prescriptionGy: prescription,
  }));
}

const ORDER: Record<Check["status"], number> = { fail: 0, warn: 1, pass: 2, not_applicable: 3 };

/** How many checks there are of each outcome, worst first. */
export function tally(checks: readonly Pick<Check, "status">[]): [Check["status"], number][] {
  const counts = new Map<Check["status"], number>();
  for (const { status } of checks) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => ORDER[a] - ORDER[b]);
}

export const REASON_LEAST = 10;

const DECISIONS: Record<Plan["state"], readonly DecisionKind[]> = {
  planning: [],
  review: ["approved", "rejected"],
  approved: ["rejected", "withdrawn"],
  rejected: ["withdrawn"],
  failed: [],
  cancelled: [],
};

/** What can be decided about a plan now; a decision that is withdrawn can be taken anew. */
export const decisionsIn = (state: Plan["state"]): readonly DecisionKind[] => DECISIONS[state];

interface Wish {
  plan: Plan;
  kind: DecisionKind;
  reason: string;
  acceptFailed: boolean;
  mayApprove: boolean;
}

/** Why a decision cannot be taken now, each in a sentence; empty where it can. */
export function obstacles({ plan, kind, reason, acceptFailed, mayApprove }: Wish): string[] {
  const found: string[] = [];
  if (!mayApprove) found.push("Your role does not decide about plans: a physicist does.");
  if (reason.trim().length < REASON_LEAST) {
    found.push(`Give a reason of at least ${REASON_LEAST} characters.`);
  }
  if (kind !== "approved") return found;
  const missing = plan.required_views.filter(({ viewed }) => !viewed).length;
  if (missing > 0) {
    found.push(`${missing} of ${plan.required_views.length} things have not been looked at.`);
  }
  if (hasFailed(plan) && !acceptFailed) {
    found.push("A check has failed: say that you accept it, or reject the plan.");
  }
  return found;
}

/** Checks of the physics; 9 to 11 follow from the decision itself. */
export const hasFailed = (plan: Plan): boolean =>
  plan.checks.some(({ number, status }) => status === "fail" && number <= 8);

/** What the reader has opened, as a decision records it. */
export const viewedKeys = (plan: Plan): string[] =>
  plan.required_views.filter(({ viewed }) => viewed).map(({ key }) => key);

/** The artefact of a picture that a check names. */
export function pictureOf(plan: Plan, check: Check): { url: string; title: string } | null {
  const found = plan.artifacts.find(({ key }) => key === check.picture);
  return found === undefined ? null : { url: found.url, title: check.title };
}

const STATE_TITLES: Record<Plan["state"], string> = {
  planning: "Being planned",
  review: "Waiting for review",
  approved: "Approved",
  rejected: "Rejected",
  failed: "Failed",
  cancelled: "Stopped",
};

export const stateTitle = (state: Plan["state"]): string => STATE_TITLES[state];
