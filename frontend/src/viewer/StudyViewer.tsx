import { useEffect, useMemo, useRef, useState } from "react";
import { HeaderPanel } from "./HeaderPanel";
import { letGoOfButton, runShortcut, shouldIgnoreKey } from "./keyboard";
import { Legend } from "./Legend";
import { FollowPanel } from "./layers/FollowPanel";
import { LayerPanel } from "./layers/LayerPanel";
import { ViewerSession } from "./session";
import { actionOfKey } from "./shortcuts";
import { useStore } from "./store";
import { Toolbar } from "./Toolbar";
import type { StudyViewerProps } from "./types";
import { useFocus, useLayers, useMeasurements, useOverlay, useSeries } from "./useSession";
import { ViewportGrid } from "./ViewportGrid";
import styles from "./viewer.module.css";

const NO_SERIES_CHANGE = () => undefined;

export function StudyViewer(props: StudyViewerProps) {
  const { apiRoot = "/api/v1", dicomWebRoot = "/dicomweb" } = props;
  const [session, setSession] = useState<ViewerSession | null>(null);
  useEffect(() => {
    const made = new ViewerSession({ apiRoot, dicomWebRoot });
    setSession(made);
    return () => {
      setSession(null);
      made.destroy();
    };
  }, [apiRoot, dicomWebRoot]);
  return (
    <section className={styles.viewer} aria-label="Images">
      {session !== null && <Viewer {...props} apiRoot={apiRoot} session={session} />}
    </section>
  );
}

type ViewerProps = StudyViewerProps & {
  readonly apiRoot: string;
  readonly session: ViewerSession;
};

function Viewer(props: ViewerProps) {
  const { session } = props;
  const state = useStore(session.state);
  const root = useRef<HTMLDivElement>(null);
  const active = useMemo(
    () => props.series.find((one) => one.series_uid === props.activeSeriesUid) ?? null,
    [props.series, props.activeSeriesUid],
  );
  useSeries(session, active);
  const segUid = props.overlay?.segSeriesUid ?? null;
  const seg = props.series.find((one) => one.series_uid === segUid) ?? null;
  useOverlay(session, state.mode, seg);
  useFocus(session, props, state.status === "ready");
  useMeasurements(session, props);
  useLayers(session, props);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const action = actionOfKey(event);
      if (action === null || shouldIgnoreKey(event, root.current)) return;
      if (runShortcut(session, action)) event.preventDefault();
    };
    // While capturing: Cornerstone prevents the default of every key pressed on an image.
    window.addEventListener("keydown", onKey, true);
    return () => window.removeEventListener("keydown", onKey, true);
  }, [session]);

  useEffect(() => {
    const element = root.current;
    element?.addEventListener("click", letGoOfButton);
    return () => element?.removeEventListener("click", letGoOfButton);
  }, []);

  return (
    <div className={styles.root} ref={root}>
      <Toolbar session={session} canMeasure={props.canMeasure ?? true} />
      <div className={styles.stage}>
        {props.planning != null && props.followup == null && (
          <LayerPanel
            session={session}
            planning={props.planning}
            series={props.series}
            onStructureDrawn={props.onStructureDrawn}
          />
        )}
        {props.followup != null && (
          <FollowPanel session={session} followup={props.followup} series={props.series} />
        )}
        <ViewportGrid session={session} series={active} />
        <Legend
          session={session}
          seg={seg}
          onClose={() => (props.onOverlayChange ?? NO_SERIES_CHANGE)(null)}
        />
        {state.isHeaderShown && <HeaderPanel session={session} apiRoot={props.apiRoot} />}
      </div>
    </div>
  );
}
