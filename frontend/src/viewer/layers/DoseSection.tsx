import { useStore } from "../store";
import type { ViewerDose } from "../types";
import { differenceRangeOf } from "./drawLayers";
import { chosenDose, hasIsodoses, isodoseRows, toggled } from "./layerState";
import styles from "./layers.module.css";
import { Ramp, Section, Slider, StatusText, Switch } from "./parts";
import type { PlanLayers } from "./planLayers";

interface DoseSectionProps {
  readonly layers: PlanLayers;
  readonly doses: readonly ViewerDose[];
}

export function DoseSection({ layers, doses }: DoseSectionProps) {
  const state = useStore(layers.state);
  const dose = chosenDose(doses, state.doseKey);
  if (dose === undefined) {
    return (
      <Section title="Dose">
        <p className={styles.text}>There is no dose yet. It appears here when a plan is done.</p>
      </Section>
    );
  }
  return (
    <Section title="Dose">
      {doses.length > 1 && (
        <select
          className={styles.select}
          aria-label="Dose shown"
          value={dose.key}
          onChange={(event) => layers.change({ doseKey: event.currentTarget.value })}
        >
          {doses.map(({ key, title }) => (
            <option key={key} value={key}>
              {title}
            </option>
          ))}
        </select>
      )}
      <StatusText of={state.dose} loading="Loading the dose…" />
      <Switch
        label="Colour wash"
        action="plan:dose"
        isOn={state.isWashShown}
        onChange={(isWashShown) => layers.change({ isWashShown })}
      />
      <Slider
        label="Opacity"
        value={Math.round(state.doseOpacity * 100)}
        low={0}
        high={100}
        unit="%"
        onChange={(percent) => layers.change({ doseOpacity: percent / 100 })}
      />
      {hasIsodoses(dose.kind) ? (
        <DoseLevels layers={layers} dose={dose} />
      ) : (
        <MapLegend dose={dose} />
      )}
    </Section>
  );
}

function DoseLevels({ layers, dose }: { readonly layers: PlanLayers; readonly dose: ViewerDose }) {
  const state = useStore(layers.state);
  return (
    <>
      <Slider
        label="From"
        value={state.doseThreshold}
        low={0}
        high={100}
        step={5}
        unit="%"
        onChange={(doseThreshold) => layers.change({ doseThreshold })}
      />
      <Switch
        label="Isodose lines"
        action="plan:isodoses"
        isOn={state.areIsodosesShown}
        onChange={(areIsodosesShown) => layers.change({ areIsodosesShown })}
      />
      <ul className={styles.levels} aria-label="Isodoses">
        {isodoseRows(dose.prescriptionGy).map(({ percent, gray, css }) => (
          <li key={percent}>
            <label>
              <input
                type="checkbox"
                checked={!state.hiddenLevels.has(percent)}
                disabled={!state.areIsodosesShown}
                onChange={() =>
                  layers.change({ hiddenLevels: toggled(state.hiddenLevels, percent) })
                }
              />
              <i style={{ background: css }} />
              <span>{percent} %</span>
              <output>{gray.toFixed(1)} Gy</output>
            </label>
          </li>
        ))}
      </ul>
    </>
  );
}

function MapLegend({ dose }: { readonly dose: ViewerDose }) {
  const range = differenceRangeOf(dose);
  const isGamma = dose.kind === "gamma";
  const ends = isGamma ? ["0", "1 passes", "2"] : [`−${range} Gy`, "0", `+${range} Gy`];
  return <Ramp map={isGamma ? "gamma" : "difference"} ends={ends} />;
}
