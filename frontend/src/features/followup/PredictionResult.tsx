import { Map as MapIcon } from "lucide-react";
import type { Prediction, PredictionContent, Score } from "@/api/followup";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { AiMadeBadge } from "@/ui/marks";
import { Notice } from "@/ui/Notice";
import { figureText, millilitres, share } from "./figures";
import styles from "./Panels.module.css";
import type { Actual } from "./plots";
import { OverriddenNote } from "./RunProgress";
import { VolumeCurve } from "./VolumeCurve";
import { MAP_TITLES } from "./viewerLayers";
import { WHAT_IF } from "./words";

interface PredictionResultProps {
  prediction: Prediction;
  content: PredictionContent;
  onMap: (key: string) => void;
}

/** A prediction is never shown without its interval and its carry-forward comparison. */
export function PredictionResult({ prediction, content, onMap }: PredictionResultProps) {
  const { warnings = [], ventricle_ml: ventricle } = content;
  // What the notice above says already is not said again.
  const noted = [...prediction.warnings, ...warnings].filter(
    ({ code }) => code !== "not_better_than_carry_forward",
  );
  const last = content.volumes.at(-1);
  const actual = prediction.scores.flatMap(actualOf);
  const maps = Object.keys(MAP_TITLES).filter((key) => key in prediction.series);
  return (
    <>
      <section className={styles.block} aria-label="Predicted">
        <div className={styles.badges}>
          <AiMadeBadge />
          <Badge tone="ai">PREDICTED</Badge>
          <span className={styles.quiet}>
            {WHAT_IF[prediction.treatment]}, {content.samples} samples
          </span>
        </div>
        <OverriddenNote reason={prediction.override_reason} />
        {!content.beats_carry_forward && (
          <Notice tone="caution" title="This model does not beat carry-forward">
            On held-out subjects it was no better than saying that nothing changes. Take the dashed
            line for the better guess.
          </Notice>
        )}
        {noted.map(({ code, text }) => (
          <Notice key={`${code}${text}`} tone="caution">
            {text}
          </Notice>
        ))}
        <dl className={styles.facts}>
          <dt>Day</dt>
          <dd>
            +{content.days}
            {prediction.target_date !== null && ` (${prediction.target_date})`}
          </dd>
          <dt>Lesion volume</dt>
          <dd>
            {millilitres(last?.median_ml)}, {share(content.interval)} interval{" "}
            {millilitres(last?.lower_ml)} to {millilitres(last?.upper_ml)}
          </dd>
          <dt>Carried forward</dt>
          <dd>{millilitres(content.carry_forward_ml)} (the base, unchanged)</dd>
          {ventricle != null && (
            <>
              <dt>Ventricles</dt>
              <dd>
                {millilitres(ventricle.base)} → {millilitres(ventricle.median)} (
                {millilitres(ventricle.lower)} to {millilitres(ventricle.upper)})
              </dd>
            </>
          )}
          <dt>Model</dt>
          <dd>{content.model_version}</dd>
        </dl>
      </section>
      <VolumeCurve content={content} actual={actual} />
      {maps.length > 0 && (
        <div className={styles.actions}>
          {maps.map((key) => (
            <Button key={key} small icon={<MapIcon />} onClick={() => onMap(key)}>
              Show {MAP_TITLES[key]?.toLowerCase()}
            </Button>
          ))}
        </div>
      )}
      <Evidence content={content} />
      <Scores scores={prediction.scores} onMap={onMap} />
    </>
  );
}

function actualOf({ content, inside_interval: isInside }: Score): Actual[] {
  if (content?.days_actual == null || content.actual_ml == null || !content.comparable) return [];
  return [{ days: content.days_actual, ml: content.actual_ml, isInside }];
}

/** What the model reached on subjects that it never saw. */
function Evidence({ content }: { content: PredictionContent }) {
  const entries = Object.entries(content.evidence ?? {});
  if (entries.length === 0) return null;
  return (
    <section className={styles.block} aria-label="Evidence">
      <h3>On held-out subjects</h3>
      <dl className={styles.facts}>
        {entries.map(([name, value]) => (
          <Fact key={name} name={name} value={value} />
        ))}
      </dl>
    </section>
  );
}

const EVIDENCE: Record<string, string> = {
  delta_rmae_ratio: "Error of the change, of carry-forward's",
  new_tumour_dice: "Dice of new tissue",
  data: "Data",
};

function Fact({ name, value }: { name: string; value: unknown }) {
  const text = typeof value === "number" ? figureText(value) : String(value);
  return (
    <>
      <dt>{EVIDENCE[name] ?? name.replaceAll("_", " ")}</dt>
      <dd>{text}</dd>
    </>
  );
}

function Scores({ scores, onMap }: { scores: readonly Score[]; onMap: (key: string) => void }) {
  if (scores.length === 0) {
    return (
      <p className={styles.quiet}>
        When a scan near that day arrives, this prediction is scored by itself.
      </p>
    );
  }
  return (
    <section className={styles.block} aria-label="Scores">
      <h3>Beside the real scan</h3>
      {scores.map((score) => (
        <ScoreOf key={score.id} score={score} onMap={onMap} />
      ))}
    </section>
  );
}

function ScoreOf({ score, onMap }: { score: Score; onMap: (key: string) => void }) {
  const { content, state, error, inside_interval: inside, beats_carry_forward: beats } = score;
  if (error !== null) {
    return (
      <Notice tone="caution" title={`The scan of ${score.actual_date} was not scored`}>
        {error.user_message}
      </Notice>
    );
  }
  if (content === null) {
    return (
      <p role="status" className={styles.quiet}>
        The scan of {score.actual_date} came; it is being scored ({state}).
      </p>
    );
  }
  const hasMap = score.artifacts.some(({ key }) => key === "error-map");
  return (
    <div className={styles.block}>
      <div className={styles.badges}>
        <strong>{score.actual_date}</strong>
        {!content.comparable && <Badge tone="caution">Not comparable</Badge>}
        {inside !== null && (
          <Badge tone={inside ? "good" : "danger"}>
            {inside ? "Inside the interval" : "Outside the interval"}
          </Badge>
        )}
        {beats !== null && (
          <Badge tone={beats ? "good" : "caution"}>
            {beats ? "Better than carry-forward" : "Not better than carry-forward"}
          </Badge>
        )}
      </div>
      <dl className={styles.facts}>
        <dt>Actual</dt>
        <dd>{millilitres(content.actual_ml)}</dd>
        <dt>Predicted</dt>
        <dd>
          {millilitres(content.predicted_ml)} ({millilitres(content.lower_ml)} to{" "}
          {millilitres(content.upper_ml)})
        </dd>
        <dt>Dice</dt>
        <dd>
          {figureText(content.dice)}, carried forward {figureText(content.carry_forward?.dice)}
        </dd>
        <dt>Error of the change</dt>
        <dd>
          {figureText(content.delta_rmae)}, carried forward{" "}
          {figureText(content.carry_forward?.delta_rmae)}
        </dd>
      </dl>
      {hasMap && (
        <div className={styles.actions}>
          <Button small icon={<MapIcon />} onClick={() => onMap("error-map")}>
            Show the error map
          </Button>
        </div>
      )}
    </div>
  );
}
