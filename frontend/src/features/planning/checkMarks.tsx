/** Outcomes as word, colour and icon: none of them has to be told by colour alone. */
import { CircleX, Minus, ShieldCheck, TriangleAlert } from "lucide-react";
import type { CheckState, Plan } from "@/api/planning";
import { Badge } from "@/ui/Badge";
import { stateTitle } from "./planModel";

const OUTCOMES = {
  pass: { word: "Pass", tone: "good", icon: ShieldCheck },
  warn: { word: "Warning", tone: "caution", icon: TriangleAlert },
  fail: { word: "Fail", tone: "danger", icon: CircleX },
  not_applicable: { word: "Not applicable", tone: "neutral", icon: Minus },
} as const;

export const outcomeWord = (status: CheckState): string => OUTCOMES[status].word;

export function OutcomeBadge({ status, amount }: { status: CheckState; amount?: number }) {
  const { word, tone, icon: Icon } = OUTCOMES[status];
  return (
    <Badge tone={tone} icon={<Icon aria-hidden />}>
      {amount === undefined ? word : `${amount} ${word.toLowerCase()}`}
    </Badge>
  );
}

const STATE_TONES = {
  planning: "accent",
  review: "caution",
  approved: "good",
  rejected: "danger",
  failed: "danger",
  cancelled: "neutral",
} as const;

export function PlanStateBadge({ state }: { state: Plan["state"] }) {
  return <Badge tone={STATE_TONES[state]}>{stateTitle(state)}</Badge>;
}
