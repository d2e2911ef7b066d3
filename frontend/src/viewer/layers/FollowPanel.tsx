import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { useState } from "react";
import type { ViewerSession } from "../session";
import { useStore } from "../store";
import type { ViewerFollowup, ViewerLesions, ViewerSeries } from "../types";
import { CompareSection } from "./CompareSection";
import { cssColour } from "./colours";
import { VISIT_COLOURS } from "./followLayers";
import { toggled } from "./layerState";
import styles from "./layers.module.css";
import { Ramp, Section, Slider, StatusText, Switch } from "./parts";
import type { PlanLayers } from "./planLayers";

interface FollowPanelProps {
  readonly session: ViewerSession;
  readonly followup: ViewerFollowup;
  readonly series: readonly ViewerSeries[];
}

/** What a comparison or a prediction lays over the images: a second image, maps, lesions. */
export function FollowPanel({ session, followup, series }: FollowPanelProps) {
  const [isOpen, setOpen] = useState(true);
  const { layers } = session;
  return (
    <aside className={styles.panel} data-open={isOpen || undefined} aria-label="Layers">
      <button
        type="button"
        className={styles.fold}
        aria-expanded={isOpen}
        aria-label={isOpen ? "Hide the layers" : "Show the layers"}
        title={isOpen ? "Hide the layers" : "Show the layers"}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? <PanelLeftClose aria-hidden /> : <PanelLeftOpen aria-hidden />}
      </button>
      {isOpen && (
        <div className={styles.sections}>
          <CompareSection
            layers={layers}
            companionUids={followup.companionUids}
            series={series}
            none="No second image lies in this image's frame. Compare two visits: the later one is then registered to the earlier."
          />
          <MapSection layers={layers} followup={followup} />
          <LesionSection layers={layers} lesions={followup.lesions} />
        </div>
      )}
    </aside>
  );
}

interface MapSectionProps {
  readonly layers: PlanLayers;
  readonly followup: ViewerFollowup;
}

function MapSection({ layers, followup }: MapSectionProps) {
  const { follow } = layers;
  const state = useStore(follow.state);
  const chosen = follow.chosenMap();
  if (followup.maps.length === 0 || chosen === null) {
    return (
      <Section title="Colour map">
        <p className={styles.text}>
          No map yet. A finished change report brings the subtraction, a prediction its growth
          probability.
        </p>
      </Section>
    );
  }
  const most = (chosen.range * state.mapPercent) / 100;
  const end = `${Number(most.toPrecision(2))}${chosen.unit === "" ? "" : ` ${chosen.unit}`}`;
  const [low, high] = chosen.ends;
  return (
    <Section title="Colour map">
      <Switch
        label="Shown"
        action="follow:map"
        isOn={state.isMapShown}
        onChange={(isMapShown) => follow.change({ isMapShown })}
      />
      <select
        className={styles.select}
        aria-label="Map"
        value={chosen.key}
        onChange={(event) => follow.change({ mapKey: event.currentTarget.value, isMapShown: true })}
      >
        {followup.maps.map(({ key, title }) => (
          <option key={key} value={key}>
            {title}
          </option>
        ))}
      </select>
      <StatusText of={state.map} loading="Loading the map…" />
      {state.isMapShown && (
        <>
          <Slider
            label="Range"
            value={state.mapPercent}
            low={10}
            high={100}
            step={5}
            unit="%"
            onChange={(mapPercent) => follow.change({ mapPercent })}
          />
          <Slider
            label="Opacity"
            value={Math.round(state.mapOpacity * 100)}
            low={10}
            high={100}
            step={5}
            unit="%"
            onChange={(percent) => follow.change({ mapOpacity: percent / 100 })}
          />
          {chosen.kind === "signed" ? (
            <Ramp map="signed" ends={[`−${end} ${low}`, `+${end} ${high}`]} />
          ) : (
            <Ramp map="rising" ends={[`0 ${low}`, `${end} ${high}`]} />
          )}
        </>
      )}
    </Section>
  );
}

const VISIT_NAMES: Record<ViewerLesions["visit"], string> = {
  base: "Base",
  follow: "Follow-up",
};

interface LesionSectionProps {
  readonly layers: PlanLayers;
  readonly lesions: readonly ViewerLesions[];
}

function LesionSection({ layers, lesions }: LesionSectionProps) {
  const { follow } = layers;
  const state = useStore(follow.state);
  return (
    <Section title="Lesions">
      {lesions.length === 0 && (
        <p className={styles.text}>Their outlines come with a change report.</p>
      )}
      <StatusText of={state.lesions} loading="Loading the outlines…" />
      {lesions.length > 0 && (
        <>
          <Switch
            label="Outlines"
            action="follow:lesions"
            isOn={state.areLesionsShown}
            onChange={(areLesionsShown) => follow.change({ areLesionsShown })}
          />
          <ul className={styles.levels} aria-label="Lesions by visit">
            {lesions.map(({ visit }) => (
              <li key={visit}>
                <label>
                  <input
                    type="checkbox"
                    checked={!state.hiddenVisits.has(visit)}
                    disabled={!state.areLesionsShown}
                    onChange={() =>
                      follow.change({ hiddenVisits: toggled(state.hiddenVisits, visit) })
                    }
                  />
                  <i style={{ background: cssColour(VISIT_COLOURS[visit]) }} />
                  <span>{VISIT_NAMES[visit]}</span>
                </label>
              </li>
            ))}
          </ul>
        </>
      )}
    </Section>
  );
}
