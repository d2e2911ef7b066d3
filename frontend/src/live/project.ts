/**
 * The events of a job folded into one state: pure, and the same as `apps/jobs/projection.py`.
 * Both are tested by the fixtures in `tests/contract/events`.
 */
import type { JobEvent, KnownEvent, Message, Projection } from "./protocol";

/** An event came before the one it follows: the stream must be read again from the cursor. */
export class SequenceGap extends Error {
  override readonly name = "SequenceGap";
}

export function empty(stream: string): Projection {
  return {
    stream,
    seq: 0,
    state: "queued",
    attempt: 0,
    position: null,
    steps: [],
    messages: [],
    findings: [],
    artifacts: [],
    logs: [],
    error: null,
    incomplete: false,
  };
}

/** `rows` with `row` in the place of the one of the same key, or at the end. */
function put<Row, Key extends keyof Row>(rows: Row[], key: Key, row: Row): Row[] {
  if (!rows.some((old) => old[key] === row[key])) return [...rows, row];
  return rows.map((old) => (old[key] === row[key] ? row : old));
}

function change<Row, Key extends keyof Row>(
  rows: Row[],
  key: Key,
  name: Row[Key],
  changes: Partial<Row>,
): Row[] {
  return rows.map((row) => (row[key] === name ? { ...row, ...changes } : row));
}

function appended(messages: Message[], name: string, text: string): Message[] {
  return messages.map((message) =>
    message.message === name && message.state === "streaming"
      ? { ...message, text: message.text + text }
      : message,
  );
}

function fold(state: Projection, event: KnownEvent): Partial<Projection> {
  switch (event.type) {
    case "job.queued":
      return {
        state: "queued",
        attempt: event.data.attempt,
        position: event.data.position ?? null,
      };
    case "job.started":
      // A new attempt tells its story from the beginning; stored artefacts are replaced by key.
      return {
        state: "running",
        attempt: event.data.attempt,
        position: null,
        steps: [],
        messages: [],
        findings: [],
        error: null,
        incomplete: false,
      };
    case "job.interrupted":
      return { state: "interrupted", position: null };
    case "job.finished": {
      const { outcome, code, user_message, incomplete } = event.data;
      return {
        state: outcome,
        position: null,
        error: code ? { code, user_message: user_message ?? "" } : null,
        incomplete: incomplete ?? false,
      };
    }
    case "step.started": {
      const { step, title, index, total } = event.data;
      const started = { step, title, index, total, state: "running" as const };
      return {
        steps: put(state.steps, "step", { ...started, fraction: null, note: null, seconds: null }),
      };
    }
    case "step.progress": {
      const { step, fraction, note } = event.data;
      return {
        steps: change(state.steps, "step", step, {
          fraction: fraction ?? null,
          note: note ?? null,
        }),
      };
    }
    case "step.finished": {
      const seconds = event.data.seconds ?? null;
      const done = { state: "done" as const, fraction: 1, note: null, seconds };
      return { steps: change(state.steps, "step", event.data.step, done) };
    }
    case "message.started": {
      const { message, kind, section, evidence } = event.data;
      return {
        messages: put(state.messages, "message", {
          message,
          kind,
          section,
          text: "",
          state: "streaming",
          evidence: evidence ?? [],
          linked: null,
          reason: null,
        }),
      };
    }
    case "message.delta":
      return { messages: appended(state.messages, event.data.message, event.data.text) };
    case "message.finished": {
      const { message, section, text, evidence, linked, reason } = event.data;
      const known = state.messages.find((old) => old.message === message);
      return {
        messages: put(state.messages, "message", {
          message,
          kind: known?.kind ?? "sentence",
          section,
          text,
          state: "done",
          evidence: evidence ?? [],
          linked: linked ?? null,
          reason: reason ?? null,
        }),
      };
    }
    case "finding.added":
      return { findings: put(state.findings, "id", event.data.finding) };
    case "artifact.stored":
      return { artifacts: put(state.artifacts, "key", event.data) };
    case "log": {
      const { level, code, text } = event.data;
      return { logs: [...state.logs, { level, code, text }] };
    }
    default:
      return {};
  }
}

/** `state` after `event`; a repeated event changes nothing. Throws `SequenceGap`. */
export function apply(state: Projection, event: JobEvent): Projection {
  if (event.seq <= state.seq) return state;
  if (event.seq !== state.seq + 1) {
    throw new SequenceGap(`Event ${event.seq} cannot follow event ${state.seq}.`);
  }
  return { ...state, seq: event.seq, ...fold(state, event as KnownEvent) };
}

/** The state after all of `events`, oldest first. */
export function project(events: readonly JobEvent[], stream: string): Projection {
  return events.reduce(apply, empty(stream));
}
