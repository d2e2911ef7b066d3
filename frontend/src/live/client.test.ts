import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLiveClient } from "./client";
import type { CatchUp } from "./poll";
import type { ClientFrame, JobEvent, ServerFrame } from "./protocol";
import type { SocketLike } from "./socket";

const STREAM = "job:a";

function event(seq: number, type: string, data: object): JobEvent {
  return { v: 1, stream: STREAM, seq, ts: "2026-01-01T00:00:00Z", type, data };
}

const QUEUED = event(1, "job.queued", { attempt: 1, position: 1 });
const STARTED = event(2, "job.started", {
  attempt: 1,
  pipeline: "draft_report",
  version: "1",
  worker: "w",
});
const LOG = event(3, "log", { level: "info", code: "c", text: "t" });
const FINISHED = event(4, "job.finished", { outcome: "succeeded", incomplete: false });

/** The far end of one websocket. */
class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly sent: ClientFrame[] = [];

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientFrame);
  }

  close(): void {
    this.onclose?.({ code: 1006 });
  }

  say(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  welcome(): void {
    this.onopen?.();
    this.say({ type: "welcome", v: 1, heartbeat_s: 15 });
  }

  frames<Type extends ClientFrame["type"]>(type: Type) {
    return this.sent.filter((frame) => frame.type === type) as Extract<
      ClientFrame,
      { type: Type }
    >[];
  }
}

function setUp(fetchCatchUp = vi.fn<() => Promise<CatchUp>>(() => new Promise(() => {}))) {
  const sockets: FakeSocket[] = [];
  const client = createLiveClient({
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket as unknown as SocketLike;
    },
    fetchCatchUp,
    random: () => 1,
  });
  const last = (): FakeSocket => {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error("No socket was opened.");
    return socket;
  };
  client.start();
  return { client, sockets, last, fetchCatchUp };
}

const opened = (epoch = "e1", head = 4): ServerFrame => ({
  type: "stream.opened",
  stream: STREAM,
  epoch,
  head,
});

const events = (...those: JobEvent[]): ServerFrame => ({
  type: "events",
  stream: STREAM,
  events: those,
});

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("over the socket", () => {
  it("greets, subscribes from the start, folds and acknowledges", () => {
    const { client, last } = setUp();
    client.watch(STREAM, () => {});
    last().welcome();
    expect(last().sent).toEqual([
      { type: "hello", resume: [] },
      { type: "subscribe", stream: STREAM, after: 0 },
    ]);
    last().say(opened());
    last().say(events(QUEUED, STARTED));
    expect(client.view(STREAM).projection).toMatchObject({ seq: 2, state: "running" });
    expect(last().frames("ack")).toEqual([{ type: "ack", stream: STREAM, seq: 2 }]);
  });

  it("drops events that come twice", () => {
    const { client, last } = setUp();
    client.watch(STREAM, () => {});
    last().welcome();
    last().say(opened());
    last().say(events(QUEUED, STARTED));
    last().say(events(STARTED, LOG));
    expect(client.view(STREAM).projection).toMatchObject({ seq: 3, logs: [{ text: "t" }] });
  });

  it("refuses a gap and asks again after what it has", () => {
    const { client, last } = setUp();
    client.watch(STREAM, () => {});
    last().welcome();
    last().say(opened());
    last().say(events(QUEUED));
    last().say(events(LOG));
    expect(client.view(STREAM).projection.seq).toBe(1);
    expect(last().frames("subscribe").at(-1)).toEqual({
      type: "subscribe",
      stream: STREAM,
      after: 1,
      epoch: "e1",
    });
  });

  it("resumes after what it has when the connection comes back", () => {
    const { client, last, sockets } = setUp();
    client.watch(STREAM, () => {});
    last().welcome();
    last().say(opened());
    last().say(events(QUEUED, STARTED));
    last().close();
    expect(client.connection()).toBe("connecting");
    vi.advanceTimersByTime(600);
    expect(sockets).toHaveLength(2);
    last().welcome();
    expect(last().sent).toEqual([
      { type: "hello", resume: [{ stream: STREAM, after: 2, epoch: "e1" }] },
    ]);
  });

  it("takes the snapshot of a reset", () => {
    const { client, last } = setUp();
    client.watch(STREAM, () => {});
    last().welcome();
    last().say(opened());
    last().say(events(QUEUED));
    const snapshot = { ...client.view(STREAM).projection, seq: 9, state: "running" as const };
    last().say({ type: "stream.reset", stream: STREAM, epoch: "e2", seq: 9, snapshot });
    expect(client.view(STREAM)).toMatchObject({ epoch: "e2", projection: { seq: 9 } });
    expect(last().frames("ack").at(-1)).toEqual({ type: "ack", stream: STREAM, seq: 9 });
  });

  it("starts over, not on top, when events of another epoch begin at 1", () => {
    const { client, last } = setUp();
    client.watch(STREAM, () => {});
    last().welcome();
    last().say(opened());
    last().say(events(QUEUED, STARTED, LOG));
    last().say(opened("e2"));
    expect(client.view(STREAM).projection.seq).toBe(3);
    last().say(events(QUEUED));
    expect(client.view(STREAM).projection).toMatchObject({ seq: 1, state: "queued", logs: [] });
  });

  it("does not ask again for a job that has ended", () => {
    const { client, last } = setUp();
    client.watch(STREAM, () => {});
    last().welcome();
    last().say(opened());
    last().say(events(QUEUED, STARTED, LOG, FINISHED));
    last().close();
    vi.advanceTimersByTime(600);
    last().welcome();
    expect(last().sent).toEqual([{ type: "hello", resume: [] }]);
  });

  it("shows why a stream is refused", () => {
    const { client, last } = setUp();
    client.watch(STREAM, () => {});
    last().welcome();
    last().say({ type: "error", stream: STREAM, code: "not_found", message: "No such job." });
    expect(client.view(STREAM).refusal).toEqual({ code: "not_found", message: "No such job." });
  });

  it("reconnects when the server falls silent", () => {
    const { client, sockets, last } = setUp();
    last().welcome();
    vi.advanceTimersByTime(15_000 * 2.5 + 600);
    expect(sockets).toHaveLength(2);
    expect(client.connection()).toBe("connecting");
  });

  it("asks again when heartbeats run ahead and nothing comes", () => {
    const { client, last } = setUp();
    client.watch(STREAM, () => {});
    last().welcome();
    last().say(opened());
    last().say(events(QUEUED));
    last().say({ type: "heartbeat", heads: { [STREAM]: 4 } });
    expect(last().frames("unsubscribe")).toHaveLength(0);
    last().say({ type: "heartbeat", heads: { [STREAM]: 4 } });
    expect(last().frames("subscribe").at(-1)).toMatchObject({ after: 1 });
  });

  it("tells listeners that studies changed", () => {
    const { client, last } = setUp();
    const heard = vi.fn();
    client.onStudiesChanged(heard);
    last().welcome();
    heard.mockClear();
    last().say({ type: "studies.changed", stream: "studies", head: 3 });
    expect(heard).toHaveBeenCalledOnce();
  });

  it("keeps a stream while a panel closes and opens again, and leaves it after that", () => {
    const { client, last } = setUp();
    last().welcome();
    client.watch(STREAM, () => {})();
    const unwatch = client.watch(STREAM, () => {});
    vi.advanceTimersByTime(20_000);
    expect(last().frames("subscribe")).toHaveLength(1);
    expect(last().frames("unsubscribe")).toHaveLength(0);
    unwatch();
    vi.advanceTimersByTime(10_000);
    expect(last().frames("unsubscribe")).toEqual([{ type: "unsubscribe", stream: STREAM }]);
  });
});

describe("where no socket opens", () => {
  it("reads the stream by REST until the job has ended", async () => {
    const answers: CatchUp[] = [
      { epoch: "e1", head: 2, events: [QUEUED, STARTED] },
      { epoch: "e1", head: 4, events: [LOG, FINISHED] },
    ];
    const fetchCatchUp = vi.fn(async () => answers.shift() ?? Promise.reject(new Error("again")));
    const { client, last } = setUp(fetchCatchUp);
    client.watch(STREAM, () => {});
    for (let failure = 0; failure < 3; failure++) {
      last().close();
      await vi.advanceTimersByTimeAsync(5000);
    }
    expect(client.connection()).toBe("polling");
    expect(client.view(STREAM).projection).toMatchObject({ seq: 4, state: "succeeded" });
    expect(fetchCatchUp).toHaveBeenCalledTimes(2);
    expect(fetchCatchUp).toHaveBeenLastCalledWith(STREAM, 2, "e1", expect.any(AbortSignal));
  });

  it("goes back to the socket as soon as one opens", async () => {
    const { client, last } = setUp();
    client.watch(STREAM, () => {});
    for (let failure = 0; failure < 3; failure++) {
      last().close();
      await vi.advanceTimersByTimeAsync(5000);
    }
    last().welcome();
    expect(client.connection()).toBe("live");
    expect(last().frames("subscribe")).toHaveLength(1);
  });
});
