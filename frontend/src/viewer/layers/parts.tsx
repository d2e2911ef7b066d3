/** The controls that the sections of the layer panel share. */

import type { ReactNode } from "react";
import { keyOfAction, type ShortcutAction } from "../shortcuts";
import { gradientOf } from "./colours";
import type { LayerStatus } from "./layerState";
import styles from "./layers.module.css";

interface SectionProps {
  readonly title: string;
  readonly children: ReactNode;
}

export function Section({ title, children }: SectionProps) {
  return (
    <section className={styles.section} aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly action?: ShortcutAction;
  readonly isOn: boolean;
  readonly isDisabled?: boolean;
  readonly onChange: (isOn: boolean) => void;
}

export function Switch({ label, action, isOn, isDisabled = false, onChange }: SwitchProps) {
  return (
    <label className={styles.switch}>
      <input
        type="checkbox"
        checked={isOn}
        disabled={isDisabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{label}</span>
      {action !== undefined && <kbd>{keyOfAction(action).replace("+", " ")}</kbd>}
    </label>
  );
}

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly step?: number;
  readonly unit: string;
  readonly onChange: (value: number) => void;
}

export function Slider({ label, value, low, high, step = 1, unit, onChange }: SliderProps) {
  return (
    <label className={styles.slider}>
      <span>{label}</span>
      <input
        type="range"
        min={low}
        max={high}
        step={step}
        value={value}
        aria-valuetext={`${value} ${unit}`}
        onChange={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
      <output>
        {value} {unit}
      </output>
    </label>
  );
}

interface StatusTextProps {
  readonly of: LayerStatus;
  readonly loading: string;
}

export function StatusText({ of, loading }: StatusTextProps) {
  if (of.status === "loading") {
    return (
      <p className={styles.text} role="status">
        {loading}
      </p>
    );
  }
  if (of.status !== "failed") return null;
  return (
    <p className={styles.failure} role="alert">
      {of.failure}
    </p>
  );
}

interface RampProps {
  readonly map: "difference" | "signed" | "rising" | "gamma";
  readonly ends: readonly string[];
}

/** What the colours of a map stand for. */
export function Ramp({ map, ends }: RampProps) {
  return (
    <div className={styles.ramp}>
      <i style={{ background: gradientOf(map) }} />
      <span>
        {ends.map((end) => (
          <span key={end}>{end}</span>
        ))}
      </span>
    </div>
  );
}
