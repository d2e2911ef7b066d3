import { useState } from "react";
import { useStore } from "../store";
import type { DrawnStructure, StudyViewerProps } from "../types";
import styles from "./layers.module.css";
import { Section, Slider } from "./parts";
import type { PlanLayers } from "./planLayers";

type Type = DrawnStructure["interpreted_type"];

const TYPES: readonly Type[] = ["GTV", "CTV", "PTV", "ORGAN", "EXTERNAL", "CAVITY"];

interface DrawSectionProps {
  readonly layers: PlanLayers;
  readonly onDrawn: NonNullable<StudyViewerProps["onStructureDrawn"]>;
}

/** Draws a structure on the shown image, or edits one that is there as a new one. */
export function DrawSection({ layers, onDrawn }: DrawSectionProps) {
  const { drawing } = layers;
  const { isOpen } = useStore(drawing.state);
  const { structures } = useStore(layers.state);
  const [from, setFrom] = useState("");
  if (isOpen) return <Open layers={layers} onDrawn={onDrawn} />;
  const whole = structures.filter(({ contours }) => contours.length > 0);
  return (
    <Section title="Draw">
      <select
        className={styles.select}
        aria-label="Begin with"
        value={from}
        onChange={(event) => setFrom(event.currentTarget.value)}
      >
        <option value="">Begin with nothing</option>
        {whole.map(({ number, name }) => (
          <option key={number} value={number}>
            Begin with {name}
          </option>
        ))}
      </select>
      <button
        type="button"
        className={styles.action}
        onClick={() => drawing.begin(from === "" ? null : layers.maskOf(Number(from)))}
      >
        Draw a structure
      </button>
    </Section>
  );
}

function Open({ layers, onDrawn }: DrawSectionProps) {
  const { drawing } = layers;
  const state = useStore(drawing.state);
  const [name, setName] = useState("GTV_drawn");
  const [type, setType] = useState<Type>("GTV");
  const [margin, setMargin] = useState(5);
  const [isSaving, setSaving] = useState(false);

  async function save(): Promise<void> {
    const { seriesUid } = state;
    const drawn = drawing.finished(name.trim(), type);
    if (drawn === null || seriesUid === null) return;
    setSaving(true);
    const isSaved = await onDrawn(seriesUid, drawn);
    setSaving(false);
    if (isSaved) drawing.close();
  }

  return (
    <Section title="Draw">
      <p className={styles.text}>
        Press and drag in the axial view. {state.volumeMl.toFixed(1)} mL drawn.
      </p>
      <fieldset className={styles.modes} aria-label="Drawing tool">
        {(["brush", "eraser"] as const).map((tool) => (
          <label key={tool} data-chosen={state.tool === tool || undefined}>
            <input
              type="radio"
              name="drawing-tool"
              checked={state.tool === tool}
              onChange={() => drawing.state.set({ tool })}
            />
            {tool === "brush" ? "Brush" : "Eraser"}
          </label>
        ))}
      </fieldset>
      <Slider
        label="Radius"
        value={state.radiusMm}
        low={1}
        high={40}
        unit="mm"
        onChange={(radiusMm) => drawing.state.set({ radiusMm })}
      />
      <div className={styles.modes}>
        <button type="button" className={styles.action} onClick={() => drawing.interpolate()}>
          Fill between slices
        </button>
        <button
          type="button"
          className={styles.action}
          disabled={state.undoSteps === 0}
          onClick={() => drawing.undo()}
        >
          Undo
        </button>
      </div>
      <div className={styles.pair}>
        <input
          className={styles.select}
          type="number"
          min={-30}
          max={30}
          value={margin}
          aria-label="Margin in mm, negative to shrink"
          onChange={(event) => setMargin(event.currentTarget.valueAsNumber)}
        />
        <button
          type="button"
          className={styles.action}
          disabled={!Number.isFinite(margin) || margin === 0}
          onClick={() => drawing.grow(margin)}
        >
          mm margin
        </button>
      </div>
      <div className={styles.pair}>
        <input
          className={styles.select}
          value={name}
          maxLength={64}
          aria-label="Name of the structure"
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <select
          className={styles.select}
          value={type}
          aria-label="Type of the structure"
          onChange={(event) => setType(event.currentTarget.value as Type)}
        >
          {TYPES.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </div>
      <div className={styles.modes}>
        <button
          type="button"
          className={styles.action}
          disabled={isSaving || name.trim() === "" || state.volumeMl === 0}
          onClick={() => void save()}
        >
          {isSaving ? "Saving…" : "Save"}
        </button>
        <button type="button" className={styles.action} onClick={() => drawing.close()}>
          Discard
        </button>
      </div>
    </Section>
  );
}
