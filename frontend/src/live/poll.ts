/** Catch-up by REST for one stream, for networks that kill websockets. */
import { backoff } from "./backoff";
import type { JobEvent, Projection } from "./protocol";
import type { Streams } from "./streams";

export interface CatchUp {
  epoch: string;
  head: number;
  events: JobEvent[];
  reset?: { seq: number; snapshot: Projection } | null;
}

/** Ask for what follows event `after` of `epoch`. */
export type FetchCatchUp = (
  stream: string,
  after: number,
  epoch: string | null,
  signal: AbortSignal,
) => Promise<CatchUp>;

/** Fold what the server has after our cursor. */
export function foldCatchUp(streams: Streams, stream: string, answer: CatchUp): void {
  const known = streams.view(stream).epoch;
  if (answer.reset) {
    streams.reset(stream, answer.epoch, answer.reset.snapshot);
    return;
  }
  streams.opened(stream, answer.epoch, answer.head);
  // Events counted in another epoch cannot be joined to ours: the next question starts at 0.
  if (known !== null && known !== answer.epoch) return;
  streams.received(stream, answer.events);
}

/** Long-poll until the stream has finished or the returned function is called. */
export function poll(streams: Streams, stream: string, fetch: FetchCatchUp): () => void {
  const abort = new AbortController();
  let failures = 0;

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  async function run(): Promise<void> {
    while (!abort.signal.aborted && !streams.finished(stream)) {
      try {
        const answer = await fetch(
          stream,
          streams.cursor(stream),
          streams.view(stream).epoch,
          abort.signal,
        );
        if (abort.signal.aborted) return;
        foldCatchUp(streams, stream, answer);
        failures = 0;
      } catch {
        if (abort.signal.aborted) return;
        failures += 1;
        await pause(backoff(failures));
      }
    }
  }

  void run();
  return () => abort.abort();
}
