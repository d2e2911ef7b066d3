/** The objective of the optimisation, read from the notes of its step as they stream. */
import { useRef } from "react";
import type { Projection } from "@/live/protocol";

export interface ObjectiveValue {
  iteration: number;
  value: number;
}

const NOTE = /iteration (\d+).*?objective ([-+\d.e]+)/i;

export function readNote(note: string | null): ObjectiveValue | null {
  const found = note === null ? null : NOTE.exec(note);
  if (found === null) return null;
  const [iteration, value] = [Number(found[1]), Number(found[2])];
  return Number.isFinite(value) ? { iteration, value } : null;
}

/** The curve with one more value; a new run of the optimiser starts a new curve. */
export function withValue(
  curve: readonly ObjectiveValue[],
  next: ObjectiveValue | null,
): readonly ObjectiveValue[] {
  const last = curve.at(-1);
  if (next === null || last?.iteration === next.iteration) return curve;
  return last !== undefined && next.iteration < last.iteration ? [next] : [...curve, next];
}

/** The curve since this page began to watch; the plan keeps the whole of it. */
export function useObjectiveCurve({ steps, attempt }: Projection): readonly ObjectiveValue[] {
  const seen = useRef<{ attempt: number; curve: readonly ObjectiveValue[] }>({
    attempt,
    curve: [],
  });
  if (seen.current.attempt !== attempt) seen.current = { attempt, curve: [] };
  for (const { note } of steps) {
    seen.current.curve = withValue(seen.current.curve, readNote(note));
  }
  return seen.current.curve;
}
