/**
 * What is known of each stream: kept outside React, immutable per change, so that
 * `useSyncExternalStore` can read it.
 */
import { apply, empty, SequenceGap } from "./project";
import { isFinished, type JobEvent, type Projection } from "./protocol";

export interface Refusal {
  code: string;
  message: string;
}

export interface StreamView {
  projection: Projection;
  epoch: string | null;
  /** False until the first answer of the server has been folded. */
  loaded: boolean;
  refusal: Refusal | null;
}

export type Received = "applied" | "gap";

type Listener = () => void;

export function createStreams() {
  const views = new Map<string, StreamView>();
  // The server opened the stream under another epoch: what we hold is kept on screen only until
  // its snapshot or first event comes.
  const outdated = new Set<string>();
  const listeners = new Map<string, Set<Listener>>();

  const fresh = (stream: string): StreamView => ({
    projection: empty(stream),
    epoch: null,
    loaded: false,
    refusal: null,
  });

  function view(stream: string): StreamView {
    const known = views.get(stream);
    if (known !== undefined) return known;
    const created = fresh(stream);
    views.set(stream, created);
    return created;
  }

  function change(stream: string, changes: Partial<StreamView>): void {
    views.set(stream, { ...view(stream), ...changes });
    for (const listener of listeners.get(stream) ?? []) listener();
  }

  return {
    view,

    opened(stream: string, epoch: string, head: number): void {
      const { epoch: known, projection } = view(stream);
      if (known !== null && known !== epoch && projection.seq > 0) outdated.add(stream);
      change(stream, { epoch, loaded: head === 0 || view(stream).loaded, refusal: null });
    },

    received(stream: string, events: readonly JobEvent[]): Received {
      let projection = outdated.has(stream) ? empty(stream) : view(stream).projection;
      try {
        projection = events.reduce(apply, projection);
      } catch (error) {
        if (error instanceof SequenceGap) return "gap";
        throw error;
      }
      outdated.delete(stream);
      change(stream, { projection, loaded: true, refusal: null });
      return "applied";
    },

    reset(stream: string, epoch: string, snapshot: Projection): void {
      outdated.delete(stream);
      change(stream, { projection: snapshot, epoch, loaded: true, refusal: null });
    },

    refused(stream: string, refusal: Refusal): void {
      change(stream, { refusal });
    },

    forget(stream: string): void {
      outdated.delete(stream);
      views.delete(stream);
    },

    /** The last event that may be built upon. */
    cursor: (stream: string): number => (outdated.has(stream) ? 0 : view(stream).projection.seq),

    finished: (stream: string): boolean =>
      !outdated.has(stream) && isFinished(view(stream).projection.state),

    listen(stream: string, listener: Listener): () => void {
      const those = listeners.get(stream) ?? new Set<Listener>();
      listeners.set(stream, those.add(listener));
      return () => {
        those.delete(listener);
        if (those.size === 0) listeners.delete(stream);
      };
    },
  };
}

export type Streams = ReturnType<typeof createStreams>;
