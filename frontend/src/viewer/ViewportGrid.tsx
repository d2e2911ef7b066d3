import { useEffect, useRef } from "react";
import { ImageFacts } from "./ImageFacts";
import { TwinPane } from "./layers/TwinPane";
import type { ViewerSession } from "./session";
import { useStore } from "./store";
import type { ViewerSeries } from "./types";
import { ViewportPane } from "./ViewportPane";
import styles from "./viewer.module.css";
import type { PaneId, ViewerState } from "./viewerState";

const PLANES: readonly PaneId[] = ["axial", "sagittal", "coronal"];

function visiblePanes(state: ViewerState, isPair: boolean): readonly PaneId[] {
  if (state.mode !== "volume") return ["stack"];
  if (state.layout === "one" || isPair)
    return [state.activePane === "stack" ? "axial" : state.activePane];
  return PLANES;
}

interface ViewportGridProps {
  readonly session: ViewerSession;
  readonly series: ViewerSeries | null;
}

export function ViewportGrid({ session, series }: ViewportGridProps) {
  const state = useStore(session.state);
  const grid = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (grid.current === null) return undefined;
    const observer = new ResizeObserver(() => session.resize());
    observer.observe(grid.current);
    return () => observer.disconnect();
  }, [session]);

  const { status, mode, layout, failure } = state;
  const { isBeside, furtherUids } = useStore(session.layers.state);
  const isPair = isBeside && mode === "volume";
  const single = mode === "volume" ? layout : "one";
  const pair = furtherUids.length === 0 ? "pair" : "visits";
  const shape = isPair ? pair : single;
  // Another arrangement changes the panes' sizes without changing the grid's.
  // biome-ignore lint/correctness/useExhaustiveDependencies: shape is the trigger
  useEffect(() => session.resize(), [session, shape]);

  const showsPanes = (status === "ready" || status === "loading") && mode !== null;
  return (
    <div className={styles.grid} data-shape={shape} ref={grid}>
      {showsPanes &&
        visiblePanes(state, isPair).map((id) => (
          <ViewportPane key={id} id={id} session={session} series={series} />
        ))}
      {showsPanes && isPair && <TwinPane session={session} />}
      {showsPanes &&
        isPair &&
        furtherUids.map((uid) => <TwinPane key={uid} session={session} furtherUid={uid} />)}
      {showsPanes && shape === "four" && <ImageFacts session={session} series={series} />}
      {!showsPanes && status === "loading" && <Message title="Loading images…" />}
      {status === "failed" && failure !== null && (
        <Message title="These images cannot be shown" text={failure.message} isAlert>
          <button type="button" className={styles.button} onClick={() => void session.open(series)}>
            Try again
          </button>
        </Message>
      )}
      {status === "empty" && (
        <Message title="No series chosen" text="Choose a series of images from the list." />
      )}
      {state.progress !== null && status === "ready" && (
        <progress className={styles.progress} value={state.progress} aria-label="Loading images" />
      )}
      {state.notice !== null && status === "ready" && (
        <p className={styles.notice} role="status">
          {state.notice}
        </p>
      )}
    </div>
  );
}

interface MessageProps {
  readonly title: string;
  readonly text?: string;
  readonly isAlert?: boolean;
  readonly children?: React.ReactNode;
}

function Message({ title, text, isAlert = false, children }: MessageProps) {
  return (
    <div className={styles.message} role={isAlert ? "alert" : "status"}>
      <strong>{title}</strong>
      {text !== undefined && <p>{text}</p>}
      {children}
    </div>
  );
}
