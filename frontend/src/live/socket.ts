/** One websocket that keeps coming back, and says what it heard. */
import { backoff } from "./backoff";
import type { ClientFrame, ServerFrame } from "./protocol";

/** The part of `WebSocket` that is used, so that tests can stand in for the network. */
export type SocketLike = Pick<WebSocket, "onopen" | "onmessage" | "onclose" | "send" | "close">;

export interface SocketOptions {
  open: () => SocketLike;
  /** What to greet the server with: it answers with a welcome. */
  hello: () => ClientFrame;
  onWelcome: () => void;
  onFrame: (frame: ServerFrame) => void;
  /** `failures` = tries in a row that never got as far as a welcome. */
  onDown: (failures: number) => void;
  random?: () => number;
}

// A server that says nothing for this many heartbeats is gone, whatever TCP believes.
const SILENT_HEARTBEATS = 2.5;
const FIRST_HEARTBEAT_S = 15;

export function createSocket(options: SocketOptions) {
  let socket: SocketLike | null = null;
  let welcomed = false;
  let failures = 0;
  let heartbeatSeconds = FIRST_HEARTBEAT_S;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  let stopped = true;

  function drop(dead: SocketLike): void {
    if (socket !== dead) return;
    socket = null;
    dead.onopen = null;
    dead.onmessage = null;
    dead.onclose = null;
    clearTimeout(watchdog);
    failures = welcomed ? 1 : failures + 1;
    welcomed = false;
    if (stopped) return;
    options.onDown(failures);
    retry = setTimeout(connect, backoff(failures, options.random));
  }

  function watch(current: SocketLike): void {
    clearTimeout(watchdog);
    watchdog = setTimeout(
      () => {
        current.close();
        drop(current);
      },
      heartbeatSeconds * SILENT_HEARTBEATS * 1000,
    );
  }

  function connect(): void {
    clearTimeout(retry);
    if (stopped || socket !== null) return;
    const current = options.open();
    socket = current;
    watch(current);
    current.onopen = () => current.send(JSON.stringify(options.hello()));
    current.onclose = () => drop(current);
    current.onmessage = ({ data }: MessageEvent<string>) => {
      watch(current);
      const frame = JSON.parse(data) as ServerFrame;
      if (frame.type === "welcome") {
        welcomed = true;
        failures = 0;
        heartbeatSeconds = frame.heartbeat_s;
        options.onWelcome();
      } else {
        options.onFrame(frame);
      }
    };
  }

  return {
    start(): void {
      stopped = false;
      connect();
    },
    stop(): void {
      stopped = true;
      clearTimeout(retry);
      const current = socket;
      if (current === null) return;
      drop(current);
      current.close();
    },
    /** Try at once (the network came back) instead of waiting for the next turn. */
    hurry(): void {
      if (!stopped && socket === null) connect();
    },
    send(frame: ClientFrame): void {
      if (welcomed) socket?.send(JSON.stringify(frame));
    },
    get up(): boolean {
      return welcomed;
    },
  };
}

export type LiveSocket = ReturnType<typeof createSocket>;
