/** The marks that generated and simulated things carry everywhere. */
import { FlaskConical, Sparkles, TriangleAlert } from "lucide-react";
import { Badge } from "./Badge";

export function AiDraftBadge() {
  return (
    <Badge tone="ai" icon={<Sparkles aria-hidden />} title="Written by a model; nobody reviewed it">
      AI draft – not reviewed
    </Badge>
  );
}

export function AiMadeBadge() {
  return (
    <Badge tone="ai" icon={<Sparkles aria-hidden />} title="Made by a model; nobody reviewed it">
      AI
    </Badge>
  );
}

export function SyntheticBadge() {
  return (
    <Badge tone="caution" icon={<FlaskConical aria-hidden />} title="Simulated, not acquired">
      SYNTHETIC
    </Badge>
  );
}

export function IncompleteBadge() {
  return (
    <Badge tone="caution" icon={<TriangleAlert aria-hidden />} title="Stopped before it was done">
      INCOMPLETE
    </Badge>
  );
}
