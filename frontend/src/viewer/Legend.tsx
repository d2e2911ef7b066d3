import { Eye, EyeOff, Lightbulb, X } from "lucide-react";
import type { Segment } from "./api";
import { labelOf } from "./labelPaint";
import type { ViewerSession } from "./session";
import { useStore } from "./store";
import type { ViewerSeries } from "./types";
import styles from "./viewer.module.css";
import type { OverlayState } from "./viewerState";

interface LegendProps {
  readonly session: ViewerSession;
  readonly seg: ViewerSeries | null;
  readonly onClose: () => void;
}

/** The structures of the segmentation: name, colour, volume; each can be hidden or lit. */
export function Legend({ session, seg, onClose }: LegendProps) {
  const { overlay } = session;
  const state = useStore(overlay.state);
  if (state.status === "none") return null;
  const largestFirst = [...state.segments].sort((a, b) => (b.volume_ml ?? 0) - (a.volume_ml ?? 0));
  return (
    <aside className={styles.legend} aria-label="Segmentation">
      <header className={styles.panelHead}>
        <strong>Segmentation</strong>
        {seg?.ai_generated && <span className={styles.badgeAi}>AI-made</span>}
        <span className={styles.spring} />
        <IconToggle
          label={state.isShown ? "Hide the segmentation" : "Show the segmentation"}
          isOn={state.isShown}
          onPress={() => overlay.change({ isShown: !state.isShown })}
        >
          {state.isShown ? <Eye aria-hidden /> : <EyeOff aria-hidden />}
        </IconToggle>
        <IconToggle label="Close the segmentation" onPress={onClose}>
          <X aria-hidden />
        </IconToggle>
      </header>
      {state.status === "loading" && <p className={styles.panelText}>Loading…</p>}
      {state.status === "failed" && (
        <p className={styles.panelText} role="alert">
          {state.failure}
        </p>
      )}
      {state.notice !== null && (
        <p className={styles.panelText} role="status">
          {state.notice}
        </p>
      )}
      {state.status === "ready" && (
        <>
          <label className={styles.opacity}>
            <span>Opacity</span>
            <input
              type="range"
              min={0}
              max={100}
              value={Math.round(state.opacity * 100)}
              onChange={(event) =>
                overlay.change({ opacity: event.currentTarget.valueAsNumber / 100 })
              }
            />
            <output>{Math.round(state.opacity * 100)} %</output>
          </label>
          <ul className={styles.structures}>
            {largestFirst.map((segment) => (
              <Structure key={segment.number} segment={segment} state={state} session={session} />
            ))}
          </ul>
        </>
      )}
    </aside>
  );
}

interface StructureProps {
  readonly segment: Segment;
  readonly state: OverlayState;
  readonly session: ViewerSession;
}

function Structure({ segment, state, session }: StructureProps) {
  const label = labelOf(segment);
  const isHidden = state.hidden.has(label);
  const isLit = state.highlighted === label;
  const [r, g, b] = segment.color;
  return (
    <li
      className={styles.structure}
      data-lit={isLit || undefined}
      data-hidden={isHidden || undefined}
    >
      <button
        type="button"
        className={styles.structureName}
        aria-pressed={isLit}
        title={isLit ? "Stop highlighting" : `Go to ${segment.label} and highlight it`}
        onClick={() => (isLit ? session.overlay.highlight(null) : session.goToStructure(label))}
      >
        <i style={{ background: `rgb(${r} ${g} ${b})` }} />
        <span>{segment.label}</span>
        {isLit && <Lightbulb aria-hidden />}
      </button>
      {segment.volume_ml != null && <output>{segment.volume_ml.toFixed(1)} mL</output>}
      <IconToggle
        label={`${isHidden ? "Show" : "Hide"} ${segment.label}`}
        isOn={!isHidden}
        onPress={() => session.overlay.toggleStructure(label)}
      >
        {isHidden ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
      </IconToggle>
    </li>
  );
}

interface IconToggleProps {
  readonly label: string;
  readonly isOn?: boolean;
  readonly onPress: () => void;
  readonly children: React.ReactNode;
}

function IconToggle({ label, isOn, onPress, children }: IconToggleProps) {
  return (
    <button
      type="button"
      className={styles.iconToggle}
      aria-label={label}
      aria-pressed={isOn}
      title={label}
      onClick={onPress}
    >
      {children}
    </button>
  );
}
