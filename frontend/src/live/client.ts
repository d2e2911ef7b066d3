/**
 * The live connection: which streams are watched, over the socket where it opens and over REST
 * where it does not.
 */
import { type FetchCatchUp, poll } from "./poll";
import { type ClientFrame, type ServerFrame, STUDIES_STREAM } from "./protocol";
import { createSocket, type SocketLike } from "./socket";
import { createStreams, type StreamView } from "./streams";

/** `polling`: no socket can be opened, streams are read by REST. */
export type Connection = "connecting" | "live" | "polling" | "offline";

export interface LiveOptions {
  open: () => SocketLike;
  fetchCatchUp: FetchCatchUp;
  random?: () => number;
}

const FAILURES_BEFORE_POLLING = 3;
// A panel that closes and opens again (a tab change) should not resubscribe.
const LINGER_MS = 10_000;
const STUDIES_POLL_MS = 20_000;

export function createLiveClient(options: LiveOptions) {
  const streams = createStreams();
  const watchers = new Map<string, number>();
  const polls = new Map<string, () => void>();
  const behind = new Map<string, number>();
  const studiesListeners = new Set<() => void>();
  const connectionListeners = new Set<() => void>();
  let connection: Connection = "connecting";
  let resumed: ReadonlySet<string> = new Set();
  let studiesTimer: ReturnType<typeof setInterval> | undefined;

  function setConnection(next: Connection): void {
    if (next === connection) return;
    connection = next;
    for (const listener of connectionListeners) listener();
  }

  const studiesChanged = () => {
    for (const listener of studiesListeners) listener();
  };

  const socket = createSocket({
    open: options.open,
    hello,
    onWelcome: subscribeNew,
    onFrame: receive,
    onDown: (failures) => {
      if (failures >= FAILURES_BEFORE_POLLING) startPolling();
      else if (connection !== "polling") setConnection(offline() ? "offline" : "connecting");
    },
    ...(options.random ? { random: options.random } : {}),
  });

  const offline = () => typeof navigator !== "undefined" && navigator.onLine === false;

  function subscribe(stream: string): void {
    const { epoch } = streams.view(stream);
    const after = streams.cursor(stream);
    socket.send({ type: "subscribe", stream, after, ...(epoch === null ? {} : { epoch }) });
  }

  const openStreams = () => [...watchers.keys()].filter((stream) => !streams.finished(stream));

  /** What is known of each open stream, so that the server goes on from there. */
  function hello(): ClientFrame {
    const resume = openStreams().flatMap((stream) => {
      const { epoch } = streams.view(stream);
      return epoch === null ? [] : [{ stream, after: streams.cursor(stream), epoch }];
    });
    resumed = new Set(resume.map((one) => one.stream));
    return { type: "hello", resume };
  }

  /** After the welcome: ask for what the greeting could not resume. */
  function subscribeNew(): void {
    stopPolling();
    setConnection("live");
    for (const stream of openStreams()) if (!resumed.has(stream)) subscribe(stream);
    if (studiesListeners.size > 0) {
      socket.send({ type: "subscribe", stream: STUDIES_STREAM, after: 0 });
      studiesChanged();
    }
  }

  function receive(frame: ServerFrame): void {
    switch (frame.type) {
      case "stream.opened":
        if (frame.stream !== STUDIES_STREAM) streams.opened(frame.stream, frame.epoch, frame.head);
        break;
      case "events":
        if (streams.received(frame.stream, frame.events) === "gap") restart(frame.stream);
        else acknowledge(frame.stream);
        break;
      case "stream.reset":
        streams.reset(frame.stream, frame.epoch, frame.snapshot);
        acknowledge(frame.stream);
        break;
      case "heartbeat":
        noticeStalls(frame.heads);
        break;
      case "studies.changed":
        studiesChanged();
        break;
      case "error":
        if (frame.stream) {
          streams.refused(frame.stream, { code: frame.code, message: frame.message });
        }
        break;
      default:
        break;
    }
  }

  function acknowledge(stream: string): void {
    socket.send({ type: "ack", stream, seq: streams.cursor(stream) });
  }

  function restart(stream: string): void {
    socket.send({ type: "unsubscribe", stream });
    if (watchers.has(stream)) subscribe(stream);
  }

  /** Two heartbeats ahead of us without one event between them: ask for the stream again. */
  function noticeStalls(heads: Record<string, number>): void {
    for (const stream of watchers.keys()) {
      const cursor = streams.cursor(stream);
      if ((heads[stream] ?? 0) <= cursor) behind.delete(stream);
      else if (behind.get(stream) === cursor) restart(stream);
      else behind.set(stream, cursor);
    }
  }

  function startPolling(): void {
    setConnection(offline() ? "offline" : "polling");
    for (const stream of watchers.keys()) startPoll(stream);
    studiesTimer ??= setInterval(studiesChanged, STUDIES_POLL_MS);
  }

  function startPoll(stream: string): void {
    if (!polls.has(stream)) polls.set(stream, poll(streams, stream, options.fetchCatchUp));
  }

  function stopPolling(): void {
    for (const stop of polls.values()) stop();
    polls.clear();
    clearInterval(studiesTimer);
    studiesTimer = undefined;
  }

  function leave(stream: string): void {
    const left = (watchers.get(stream) ?? 1) - 1;
    if (left > 0) {
      watchers.set(stream, left);
      return;
    }
    watchers.delete(stream);
    polls.get(stream)?.();
    polls.delete(stream);
    socket.send({ type: "unsubscribe", stream });
    if (!streams.finished(stream)) streams.forget(stream);
  }

  return {
    start: () => socket.start(),
    stop(): void {
      stopPolling();
      socket.stop();
    },
    hurry: () => socket.hurry(),
    connection: (): Connection => connection,
    onConnection(listener: () => void): () => void {
      connectionListeners.add(listener);
      return () => connectionListeners.delete(listener);
    },
    view: (stream: string): StreamView => streams.view(stream),
    /** Watch a job's stream until the returned function is called. */
    watch(stream: string, listener: () => void): () => void {
      const watching = watchers.get(stream) ?? 0;
      watchers.set(stream, watching + 1);
      const unlisten = streams.listen(stream, listener);
      if (watching === 0 && !streams.finished(stream)) {
        if (connection === "polling") startPoll(stream);
        else subscribe(stream);
      }
      return () => {
        unlisten();
        setTimeout(() => leave(stream), LINGER_MS);
      };
    },
    /** Be told that the list of studies has changed (a hint to fetch it again). */
    onStudiesChanged(listener: () => void): () => void {
      studiesListeners.add(listener);
      if (studiesListeners.size === 1) {
        socket.send({ type: "subscribe", stream: STUDIES_STREAM, after: 0 });
      }
      return () => {
        studiesListeners.delete(listener);
        if (studiesListeners.size === 0) {
          socket.send({ type: "unsubscribe", stream: STUDIES_STREAM });
        }
      };
    },
  };
}

export type LiveClient = ReturnType<typeof createLiveClient>;
