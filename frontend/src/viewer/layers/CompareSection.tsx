import { useStore } from "../store";
import type { ViewerPlanning, ViewerSeries } from "../types";
import { FASTEST, SLOWEST } from "./flicker";
import { furtherChosen, MOST_FURTHER } from "./furtherImages";
import { FUSION_MODES, type FusionMode, NOT_LOADED } from "./layerState";
import styles from "./layers.module.css";
import { Ramp, Section, Slider, StatusText, Switch } from "./parts";
import type { PlanLayers } from "./planLayers";

const MODE_NAMES: Record<FusionMode, string> = {
  off: "Off",
  blend: "Blend",
  checkerboard: "Checker",
  spyglass: "Lens",
  difference: "Difference",
  flicker: "Flicker",
};

interface CompareSectionProps {
  readonly layers: PlanLayers;
  readonly companionUids: readonly string[];
  readonly series: readonly ViewerSeries[];
  /** What to do where no image can be compared. */
  readonly none: string;
}

export function CompareSection({ layers, companionUids, series, none }: CompareSectionProps) {
  const state = useStore(layers.state);
  const others = series.filter((one) => companionUids.includes(one.series_uid));
  if (others.length === 0) {
    return (
      <Section title="Compare">
        <p className={styles.text}>{none}</p>
      </Section>
    );
  }
  return (
    <Section title="Compare">
      <select
        className={styles.select}
        aria-label="Second image"
        value={state.companionUid ?? ""}
        onChange={(event) =>
          layers.change({
            companionUid: event.currentTarget.value || null,
            companion: NOT_LOADED,
            furtherUids: state.furtherUids.filter((uid) => uid !== event.currentTarget.value),
          })
        }
      >
        <option value="">No second image</option>
        {others.map((one) => (
          <option key={one.series_uid} value={one.series_uid}>
            {one.description || one.modality}
            {one.ai_generated ? " (AI-made)" : ""}
          </option>
        ))}
      </select>
      <fieldset className={styles.modes}>
        <legend>
          Fusion <kbd>Shift F</kbd>
        </legend>
        {FUSION_MODES.map((mode) => (
          <label
            key={mode}
            data-chosen={state.fusion === mode || undefined}
            title={mode === "difference" ? "Between two images of one modality" : undefined}
          >
            <input
              type="radio"
              name="fusion"
              checked={state.fusion === mode}
              disabled={
                state.companionUid === null || (mode === "difference" && !layers.hasDifference())
              }
              onChange={() => layers.change({ fusion: mode })}
            />
            {MODE_NAMES[mode]}
          </label>
        ))}
      </fieldset>
      <StatusText of={state.companion} loading="Loading the second image…" />
      <ModeControls layers={layers} />
      <Switch
        label="Side by side"
        action="plan:beside"
        isOn={state.isBeside}
        onChange={(isBeside) => layers.change({ isBeside })}
      />
      {state.isBeside && <FurtherControls layers={layers} others={others} />}
    </Section>
  );
}

interface FurtherControlsProps {
  readonly layers: PlanLayers;
  readonly others: readonly ViewerSeries[];
}

/** More visits in views of their own. */
function FurtherControls({ layers, others }: FurtherControlsProps) {
  const { companionUid, furtherUids } = useStore(layers.state);
  const offered = others.filter((one) => one.series_uid !== companionUid);
  if (offered.length === 0) return null;
  return (
    <fieldset className={styles.modes}>
      <legend>Also beside</legend>
      {offered.map(({ series_uid: uid, description, modality }) => {
        const isChosen = furtherUids.includes(uid);
        return (
          <label key={uid} data-chosen={isChosen || undefined}>
            <input
              type="checkbox"
              checked={isChosen}
              disabled={!isChosen && furtherUids.length >= MOST_FURTHER}
              onChange={() => layers.change({ furtherUids: furtherChosen(furtherUids, uid) })}
            />
            {description || modality}
          </label>
        );
      })}
    </fieldset>
  );
}

function ModeControls({ layers }: { readonly layers: PlanLayers }) {
  const state = useStore(layers.state);
  const { fusion, mix, differenceRange } = state;
  if (fusion === "flicker") return <FlickerControls layers={layers} />;
  if (fusion === "blend") {
    return (
      <Slider
        label="Second"
        value={Math.round(mix * 100)}
        low={0}
        high={100}
        unit="%"
        onChange={(percent) => layers.change({ mix: percent / 100 })}
      />
    );
  }
  if (fusion === "spyglass") return <p className={styles.text}>Move the pointer over an image.</p>;
  if (fusion !== "difference") return null;
  if (layers.isScaled()) {
    const end = `${state.differencePercent} %`;
    return (
      <>
        <Slider
          label="Range"
          value={state.differencePercent}
          low={5}
          high={100}
          step={5}
          unit="%"
          onChange={(differencePercent) => layers.change({ differencePercent })}
        />
        <Ramp map="signed" ends={[`−${end}`, "0", `+${end}`]} />
        <p className={styles.text}>
          The second image minus the first, each scaled to its own grey values.
        </p>
      </>
    );
  }
  return (
    <>
      <Slider
        label="Range"
        value={differenceRange}
        low={50}
        high={1000}
        step={50}
        unit="HU"
        onChange={(range) => layers.change({ differenceRange: range })}
      />
      <Ramp map="difference" ends={[`−${differenceRange} HU`, "0", `+${differenceRange} HU`]} />
      <p className={styles.text}>The shown image minus the second one.</p>
    </>
  );
}

function FlickerControls({ layers }: { readonly layers: PlanLayers }) {
  const { isFlickering, flickerRate, isSecondShown } = useStore(layers.state);
  return (
    <>
      <Switch
        label="Changing"
        action="follow:flicker"
        isOn={isFlickering}
        onChange={(isOn) => layers.change({ isFlickering: isOn })}
      />
      <Slider
        label="Rate"
        value={flickerRate}
        low={SLOWEST}
        high={FASTEST}
        unit="Hz"
        onChange={(rate) => layers.change({ flickerRate: rate })}
      />
      <button
        type="button"
        className={styles.action}
        disabled={isFlickering}
        onClick={() => layers.change({ isSecondShown: !isSecondShown })}
      >
        Show the {isSecondShown ? "first" : "second"}
      </button>
    </>
  );
}

interface UncertaintySectionProps {
  readonly layers: PlanLayers;
  readonly planning: ViewerPlanning;
}

export function UncertaintySection({ layers, planning }: UncertaintySectionProps) {
  const state = useStore(layers.state);
  if (planning.lowerSeriesUid === null || planning.upperSeriesUid === null) {
    return (
      <Section title="Uncertainty">
        <p className={styles.text}>
          This study has no pair of 5 % and 95 % maps. They are made together with a synthetic CT.
        </p>
      </Section>
    );
  }
  return (
    <Section title="Uncertainty">
      <Switch
        label="95 % − 5 % bound"
        action="plan:uncertainty"
        isOn={state.isUncertaintyShown}
        onChange={(isUncertaintyShown) => layers.change({ isUncertaintyShown })}
      />
      <StatusText of={state.uncertainty} loading="Loading the maps…" />
      {state.isUncertaintyShown && (
        <>
          <Slider
            label="Range"
            value={state.uncertaintyRange}
            low={100}
            high={1500}
            step={100}
            unit="HU"
            onChange={(range) => layers.change({ uncertaintyRange: range })}
          />
          <Ramp map="rising" ends={["0 HU", `${state.uncertaintyRange} HU`]} />
        </>
      )}
    </Section>
  );
}
