import type { Pipeline, WeightsFile } from "@/api/pipelines";
import { Badge } from "@/ui/Badge";

const STATES = {
  available: { tone: "good", title: "Available" },
  weights_missing: { tone: "caution", title: "Weights missing" },
  digest_mismatch: { tone: "danger", title: "Digest mismatch" },
  withdrawn: { tone: "neutral", title: "Withdrawn" },
} as const;

export function StateBadge({ state }: { state: WeightsFile["state"] }) {
  const { tone, title } = STATES[state];
  return <Badge tone={tone}>{title}</Badge>;
}

export function OfferBadge({ pipeline }: { pipeline: Pipeline }) {
  return pipeline.enabled ? null : <Badge tone="caution">Switched off</Badge>;
}

const CHECKPOINTS = {
  same: { tone: "good", title: "of these weights" },
  other: { tone: "danger", title: "of OTHER weights" },
  "not stated": { tone: "neutral", title: "weights not stated" },
} as const;

/** Whether a metrics file was measured with the weights beside it. */
export function CheckpointBadge({ checkpoint }: { checkpoint: keyof typeof CHECKPOINTS }) {
  const { tone, title } = CHECKPOINTS[checkpoint];
  return <Badge tone={tone}>{title}</Badge>;
}
