import { Crosshair } from "lucide-react";
import type { Comparison, Lesion } from "@/api/followup";
import { Badge } from "@/ui/Badge";
import { CorrectionMenu } from "./CorrectionMenu";
import { figureText, millilitres } from "./figures";
import panels from "./Panels.module.css";
import styles from "./Tables.module.css";
import { LESION_STATES } from "./words";

interface LesionsTableProps {
  comparison: Comparison;
  onGo: (lesion: Lesion) => void;
}

/** Every lesion with its state: as the model found it, unless a person said otherwise. */
export function LesionsTable({ comparison, onGo }: LesionsTableProps) {
  const { lesions, content } = comparison;
  const load = content?.lesion_load;
  if (content?.lesions === undefined) return null;
  return (
    <section className={panels.block} aria-label="Lesions">
      <h3>Lesions</h3>
      {load != null && (
        <p className={panels.quiet}>
          Together {millilitres(load.base_ml)} → {millilitres(load.follow_ml)}
          {load.noise_percent != null && ` (noise ±${load.noise_percent.toFixed(1)} %)`}
        </p>
      )}
      {lesions.length === 0 ? (
        <p className={panels.quiet}>No lesion was found at either visit.</p>
      ) : (
        <div className={styles.scroll}>
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Lesion</th>
                <th scope="col">State</th>
                <th scope="col">Base</th>
                <th scope="col">Follow-up</th>
                <th scope="col">Size</th>
                <th scope="col">Correct</th>
              </tr>
            </thead>
            <tbody>
              {lesions.map((lesion) => (
                <LesionRow
                  key={lesion.track}
                  lesion={lesion}
                  comparison={comparison}
                  onGo={() => onGo(lesion)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

interface LesionRowProps {
  lesion: Lesion;
  comparison: Comparison;
  onGo: () => void;
}

function LesionRow({ lesion, comparison, onGo }: LesionRowProps) {
  const { name, base_ml: base, follow_ml: follow, diameter_mm: diameter } = lesion;
  return (
    <tr className={lesion.rejected ? styles.rejected : undefined}>
      <td>
        <button
          type="button"
          className={styles.go}
          aria-label={`Go to ${name}`}
          title={`Go to ${name} in the images`}
          onClick={onGo}
        >
          <Crosshair aria-hidden width={12} height={12} /> {name}
        </button>
      </td>
      <td>
        <StateBadge lesion={lesion} comparison={comparison} />
      </td>
      <td className={styles.figure}>{millilitres(base)}</td>
      <td className={styles.figure}>{millilitres(follow)}</td>
      <td className={styles.figure}>{figureText(diameter, "mm")}</td>
      <td>
        <CorrectionMenu lesion={lesion} comparison={comparison} />
      </td>
    </tr>
  );
}

type Tone = "neutral" | "danger" | "caution" | "good";

const TONES: Record<NonNullable<Lesion["state"]>, Tone> = {
  new: "danger",
  enlarging: "caution",
  stable: "neutral",
  shrinking: "good",
  resolved: "good",
  merged: "neutral",
  split: "neutral",
};

function StateBadge({ lesion, comparison }: Omit<LesionRowProps, "onGo">) {
  const { state, model_state: found, rejected, merged_into: into } = lesion;
  if (rejected) return <Badge title={whySaid(lesion, comparison)}>Not a lesion</Badge>;
  if (into !== null) {
    const other = comparison.lesions.find(({ track }) => track === into)?.name ?? "another";
    return <Badge title={whySaid(lesion, comparison)}>Part of {other}</Badge>;
  }
  const word = LESION_STATES[state];
  if (lesion.corrections.length === 0) return <Badge tone={TONES[state]}>{word}</Badge>;
  return (
    <Badge tone={TONES[state]} title={whySaid(lesion, comparison)}>
      {word} (corrected
      {found == null || found === state ? "" : `, was ${LESION_STATES[found].toLowerCase()}`})
    </Badge>
  );
}

/** Who said so, and why. */
function whySaid(lesion: Lesion, { corrections }: Comparison): string {
  const last = corrections.find(({ id }) => id === lesion.corrections.at(-1));
  return last === undefined ? "" : `${last.by}: ${last.reason}`;
}
