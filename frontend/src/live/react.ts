import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useSyncExternalStore,
} from "react";
import type { Connection, LiveClient } from "./client";
import { jobStream } from "./protocol";
import type { StreamView } from "./streams";

const LiveContext = createContext<LiveClient | null>(null);

export const LiveProvider = LiveContext.Provider;

function useLive(): LiveClient {
  const client = useContext(LiveContext);
  if (client === null) throw new Error("The live connection is used outside its provider.");
  return client;
}

/** The state of one job, kept current while the component is mounted. */
export function useJobStream(jobId: string): StreamView {
  const client = useLive();
  const stream = jobStream(jobId);
  const watch = useCallback(
    (onChange: () => void) => client.watch(stream, onChange),
    [client, stream],
  );
  return useSyncExternalStore(watch, () => client.view(stream));
}

export function useConnection(): Connection {
  const client = useLive();
  return useSyncExternalStore(client.onConnection, client.connection);
}

/** Call `react` when the list of studies changed. */
export function useStudiesChanged(react: () => void): void {
  const client = useLive();
  const latest = useRef(react);
  useEffect(() => {
    latest.current = react;
  });
  useEffect(() => client.onStudiesChanged(() => latest.current()), [client]);
}
