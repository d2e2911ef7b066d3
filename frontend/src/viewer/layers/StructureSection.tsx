import { useStore } from "../store";
import { cssColour } from "./colours";
import { toggled } from "./layerState";
import styles from "./layers.module.css";
import { Section, StatusText, Switch } from "./parts";
import type { PlanLayers } from "./planLayers";

export function StructureSection({ layers }: { readonly layers: PlanLayers }) {
  const state = useStore(layers.state);
  const { structures, structuresStatus, hiddenStructures } = state;
  const isEmpty = structures.length === 0 && structuresStatus.status === "none";
  return (
    <Section title="Structures">
      <StatusText of={structuresStatus} loading="Loading the structures…" />
      {isEmpty && (
        <p className={styles.text}>
          No structure set is chosen. Choose one on the right, or draw one in your planning system
          and send it here.
        </p>
      )}
      {structures.length > 0 && (
        <>
          <Switch
            label="Outlines"
            action="plan:structures"
            isOn={state.areStructuresShown}
            onChange={(areStructuresShown) => layers.change({ areStructuresShown })}
          />
          <ul className={styles.levels} aria-label="Structures">
            {structures.map(({ number, name, colour, contours }) => (
              <li key={number}>
                <label title={contours.length === 0 ? "It has no contours" : name}>
                  <input
                    type="checkbox"
                    checked={!hiddenStructures.has(number)}
                    disabled={!state.areStructuresShown || contours.length === 0}
                    onChange={() =>
                      layers.change({ hiddenStructures: toggled(hiddenStructures, number) })
                    }
                  />
                  <i style={{ background: cssColour(colour) }} />
                  <span>{name}</span>
                  {contours.length === 0 && <output>empty</output>}
                </label>
              </li>
            ))}
          </ul>
        </>
      )}
    </Section>
  );
}
