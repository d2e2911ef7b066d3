import type { Projection } from "@/live/protocol";
import { ObjectiveChart } from "./ObjectiveChart";
import { useObjectiveCurve } from "./objective";

/** What the optimiser has reached so far. */
export function ObjectiveProgress({ projection }: { projection: Projection }) {
  const curve = useObjectiveCurve(projection);
  return curve.length > 1 ? <ObjectiveChart curve={curve} /> : null;
}
