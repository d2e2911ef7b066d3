import { useEffect, useRef, useState } from "react";
import { PLANE_COLOUR } from "./crosshairLayer";
import { scaleBarLength } from "./geometry";
import { PredictedMark } from "./PredictedMark";
import type { Pane } from "./pane";
import type { ViewerSession } from "./session";
import { createStore, useStore } from "./store";
import type { ViewerSeries } from "./types";
import styles from "./viewer.module.css";
import { EMPTY_PANE, type PaneId, type PaneInfo, type ViewerState } from "./viewerState";

const TITLE: Record<PaneId, string> = {
  axial: "Axial",
  sagittal: "Sagittal",
  coronal: "Coronal",
  stack: "Images",
};

const NOTHING = createStore<PaneInfo>(EMPTY_PANE);

interface ViewportPaneProps {
  readonly id: PaneId;
  readonly session: ViewerSession;
  readonly series: ViewerSeries | null;
}

export function ViewportPane({ id, session, series }: ViewportPaneProps) {
  const element = useRef<HTMLDivElement>(null);
  const [pane, setPane] = useState<Pane | null>(null);
  useEffect(() => {
    if (element.current === null) return undefined;
    const mounted = session.mountPane(id, element.current);
    setPane(mounted);
    const detach = session.layers.drawing.attach(mounted, element.current);
    return () => {
      detach();
      setPane(null);
      session.unmountPane(mounted);
    };
  }, [session, id]);

  const state = useStore(session.state);
  const info = useStore(pane?.info ?? NOTHING);
  const isActive = state.activePane === id;
  const enlarge = () => {
    if (state.mode !== "volume") return;
    session.state.set({ activePane: id, layout: state.layout === "one" ? "three" : "one" });
  };
  const label = `${TITLE[id]}, image ${info.sliceIndex + 1} of ${info.sliceCount}`;
  return (
    <div
      className={styles.pane}
      data-pane={id}
      data-active={isActive || undefined}
      style={{ "--plane": PLANE_COLOUR[id] } as React.CSSProperties}
    >
      {/* Focusable so that arrow keys act on the pane that was clicked or reached by Tab. */}
      <div
        className={styles.image}
        ref={element}
        role="img"
        aria-label={label}
        tabIndex={-1}
        onPointerDown={() => session.state.set({ activePane: id })}
        onFocus={() => session.state.set({ activePane: id })}
        onDoubleClick={enlarge}
        onContextMenu={(event) => event.preventDefault()}
      />
      <PaneTexts id={id} info={info} state={state} series={series} />
      <SecondImage session={session} series={series} />
      {info.failure !== null && (
        <PaneFailure
          text={info.failure}
          onHeader={() => session.state.set({ isHeaderShown: true })}
        />
      )}
      {info.sliceCount > 1 && (
        <input
          className={styles.slices}
          type="range"
          min={0}
          max={info.sliceCount - 1}
          value={info.sliceIndex}
          aria-label={`${TITLE[id]} slice`}
          aria-valuetext={`${info.sliceIndex + 1} of ${info.sliceCount}`}
          onFocus={() => session.state.set({ activePane: id })}
          onChange={(event) => session.navigation.sliceTo(id, event.currentTarget.valueAsNumber)}
        />
      )}
    </div>
  );
}

/** What is said of the second image where it is drawn in this pane. */
function SecondImage({
  session,
  series,
}: {
  readonly session: ViewerSession;
  readonly series: ViewerSeries | null;
}) {
  const { fusion, companion, isSecondShown } = useStore(session.layers.state);
  const second = session.layers.companionSeries();
  const isLaid = fusion !== "off" && companion.status === "ready";
  const isBy = fusion === "flicker" && isLaid;
  return (
    <>
      <PredictedMark series={series} over={isLaid ? second : null} />
      {isBy && (
        <span className={styles.turn} data-second={isSecondShown || undefined} aria-hidden="true">
          {isSecondShown ? `2 · ${second?.description ?? ""}` : `1 · ${series?.description ?? ""}`}
        </span>
      )}
    </>
  );
}

interface PaneTextsProps {
  readonly id: PaneId;
  readonly info: PaneInfo;
  readonly state: ViewerState;
  readonly series: ViewerSeries | null;
}

function PaneTexts({ id, info, state, series }: PaneTextsProps) {
  const { letters, position } = info;
  const window = state.window;
  const unit = state.unit === "" ? "" : ` ${state.unit}`;
  return (
    <div className={styles.texts} aria-hidden="true">
      {letters !== null && (
        <>
          <span className={styles.letterTop}>{letters.top}</span>
          <span className={styles.letterRight}>{letters.right}</span>
          <span className={styles.letterBottom}>{letters.bottom}</span>
          <span className={styles.letterLeft}>{letters.left}</span>
        </>
      )}
      <div className={styles.topLeft}>
        <span className={styles.planeName}>
          {id === "stack" ? (series?.modality ?? "") : TITLE[id]}
        </span>
        <span className={styles.seriesName}>{seriesName(series)}</span>
        <Badges series={series} />
      </div>
      <div className={styles.bottomLeft}>
        {info.sliceCount > 0 && (
          <span>
            {info.sliceIndex + 1} / {info.sliceCount}
          </span>
        )}
        {position !== null && <span>{position}</span>}
      </div>
      <div className={styles.bottomRight}>
        {window !== null && !state.isColour && (
          <span>
            W {Math.round(window.width)} L {Math.round(window.center)}
            {unit}
            {state.isInverted ? " · inverted" : ""}
          </span>
        )}
        <ScaleBar millimetresPerPixel={info.millimetresPerPixel} />
      </div>
    </div>
  );
}

function seriesName(series: ViewerSeries | null): string {
  if (series === null) return "";
  const number = series.number === null ? "" : `${series.number} · `;
  return `${number}${series.description || series.modality}`;
}

function Badges({ series }: { readonly series: ViewerSeries | null }) {
  if (series === null || (!series.synthetic && !series.ai_generated)) return null;
  return (
    <span className={styles.badges}>
      {series.synthetic && <span className={styles.badgeSynthetic}>SYNTHETIC</span>}
      {series.ai_generated && <span className={styles.badgeAi}>AI-made</span>}
    </span>
  );
}

function ScaleBar({ millimetresPerPixel }: { readonly millimetresPerPixel: number | null }) {
  if (millimetresPerPixel === null || millimetresPerPixel <= 0) return null;
  const bar = scaleBarLength(millimetresPerPixel, 420);
  if (bar === 0) return null;
  const text = bar >= 10 ? `${bar / 10} cm` : `${bar} mm`;
  return (
    <span className={styles.scale}>
      <i style={{ width: `${bar / millimetresPerPixel}px` }} />
      {text}
    </span>
  );
}

function PaneFailure({ text, onHeader }: { readonly text: string; readonly onHeader: () => void }) {
  return (
    <div className={styles.message} role="alert">
      <strong>No image</strong>
      <p>{text}</p>
      <button type="button" className={styles.button} onClick={onHeader}>
        Look at the DICOM header
      </button>
    </div>
  );
}
