import { useEffect, useRef } from "react";
import { PredictedMark } from "../PredictedMark";
import type { ViewerSession } from "../session";
import { useStore } from "../store";
import styles from "../viewer.module.css";
import { NOT_LOADED } from "./layerState";
import { makePlanCanvas } from "./planCanvas";

interface TwinPaneProps {
  readonly session: ViewerSession;
  /** Null: the second image that is compared. */
  readonly furtherUid?: string | null;
}

/** The same plane of another image, with slice, zoom and cursor of the first. */
export function TwinPane({ session, furtherUid = null }: TwinPaneProps) {
  const { layers } = session;
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const canvas = makePlanCanvas(element, () => session.drawLayers());
    layers.setTwin(canvas, furtherUid);
    const scroll = (event: WheelEvent) => {
      event.preventDefault();
      if (event.deltaY !== 0) session.navigation.sliceBy(Math.sign(event.deltaY));
    };
    // React listens passively, which would scroll the page as well.
    element.addEventListener("wheel", scroll, { passive: false });
    return () => {
      element.removeEventListener("wheel", scroll);
      layers.setTwin(null, furtherUid);
      canvas.remove();
    };
  }, [session, layers, furtherUid]);

  const state = useStore(layers.state);
  const isFurther = furtherUid !== null;
  const companion = isFurther ? (state.further[furtherUid] ?? NOT_LOADED) : state.companion;
  const series = isFurther ? layers.seriesOf(furtherUid) : layers.companionSeries();
  const name = series?.description || series?.modality || "";
  return (
    <div className={styles.pane} data-pane="twin">
      <div
        className={styles.image}
        ref={host}
        role="img"
        aria-label={`${isFurther ? "Further" : "Second"} image: ${name || "none"}`}
      />
      <div className={styles.texts} aria-hidden="true">
        <div className={styles.topLeft}>
          <span className={styles.seriesName}>{name}</span>
          {series?.synthetic && <span className={styles.badgeSynthetic}>SYNTHETIC</span>}
          {series?.ai_generated && <span className={styles.badgeAi}>AI-made</span>}
        </div>
      </div>
      <PredictedMark series={series} />
      {companion.status !== "ready" && (
        <div className={styles.message} role={companion.status === "failed" ? "alert" : "status"}>
          <strong>
            {companion.status === "loading" ? "Loading the image…" : "No second image"}
          </strong>
          <p>
            {companion.failure ??
              (series === null ? "Choose one under Compare, in the panel of layers." : "")}
          </p>
        </div>
      )}
    </div>
  );
}
