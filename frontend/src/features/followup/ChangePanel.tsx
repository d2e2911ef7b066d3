import { FileText } from "lucide-react";
import type {
  Artifact,
  Comparison,
  ComparisonBrief,
  Lesion,
  TimelineStudy,
  Track,
} from "@/api/followup";
import { isFinished } from "@/live/protocol";
import fields from "@/ui/Field.module.css";
import { AiMadeBadge } from "@/ui/marks";
import { Notice, ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { Comparability } from "./Comparability";
import type { Choice, Visit } from "./choice";
import { daysText, figureText, share } from "./figures";
import { SpiderPlot, WaterfallPlot } from "./LesionPlots";
import { LesionsTable } from "./LesionsTable";
import { MoreVisits } from "./MoreVisits";
import styles from "./Panels.module.css";
import { RegionsTable } from "./RegionsTable";
import { OverriddenNote, RunProgress } from "./RunProgress";
import { StartComparison } from "./StartComparison";
import type { useComparison } from "./useFollowup";

interface ChangePanelProps {
  comparisons: readonly ComparisonBrief[];
  /** The newest one of the two chosen images. */
  brief: ComparisonBrief | null;
  comparison: ReturnType<typeof useComparison>;
  tracks: readonly Track[];
  studies: readonly TimelineStudy[];
  base: Visit | null;
  follow: Visit | null;
  onChoice: (choice: Choice) => void;
  onGo: (lesion: Lesion) => void;
}

export function ChangePanel(props: ChangePanelProps) {
  const { comparisons, brief, comparison, studies, base, follow, onChoice } = props;
  return (
    <div className={styles.panel}>
      {comparisons.length > 0 && (
        <label className={fields.label}>
          Comparisons made
          <select
            className={fields.select}
            value={brief?.id ?? ""}
            onChange={(event) => {
              const one = comparisons.find(({ id }) => id === event.target.value);
              if (one) onChoice({ base: one.base_series_uid, follow: one.follow_series_uid });
            }}
          >
            {brief === null && <option value="">None of the two chosen images</option>}
            {comparisons.map((one) => (
              <option key={one.id} value={one.id}>
                {one.base_date ?? "No date"} → {one.follow_date ?? "no date"}, {outcome(one)}
              </option>
            ))}
          </select>
        </label>
      )}
      {brief !== null && comparison.isPending && <Spinner label="Loading the comparison…" />}
      {comparison.isError && (
        <ProblemNotice error={comparison.error} onRetry={() => void comparison.refetch()} />
      )}
      {brief !== null && comparison.data !== undefined && (
        <Report {...props} comparison={comparison.data} />
      )}
      {(brief === null || isFinished(brief.state)) && (
        <StartComparison base={base} follow={follow} isAgain={brief !== null} />
      )}
      <MoreVisits studies={studies} comparisons={comparisons} base={base} />
    </div>
  );
}

function outcome({ state, comparable, kind }: ComparisonBrief): string {
  if (state !== "succeeded") return state;
  if (comparable === false) return "not comparable";
  return kind === "register" ? "registered" : "change measured";
}

type ReportProps = Omit<ChangePanelProps, "comparison"> & { comparison: Comparison };

function Report({ comparison, tracks, onGo }: ReportProps) {
  const { content } = comparison;
  if (content === null) {
    return (
      <RunProgress
        key={comparison.id}
        run={comparison}
        doing="Comparing"
        failed="No report was made"
      />
    );
  }
  const { registration, warnings = [], regions = [] } = content;
  const isComparable = content.comparability.comparable;
  const hasLesions = comparison.lesions.length > 0;
  return (
    <>
      <div className={styles.badges}>
        <AiMadeBadge />
        <span className={styles.quiet}>{daysText(content.days ?? comparison.days)}</span>
      </div>
      <OverriddenNote reason={comparison.override_reason} />
      <Comparability judgement={content.comparability} />
      {[...comparison.warnings, ...warnings].length > 0 && (
        <Notice tone="caution" title="Noticed">
          {[...comparison.warnings, ...warnings].map(({ code, text }) => (
            <p key={`${code}${text}`}>{text}</p>
          ))}
        </Notice>
      )}
      <RegionsTable regions={regions} comparable={isComparable} />
      <LesionsTable comparison={comparison} onGo={onGo} />
      {isComparable && hasLesions && <WaterfallPlot comparison={comparison} />}
      {hasLesions && <SpiderPlot tracks={tracks} />}
      {registration !== undefined && (
        <section className={styles.block} aria-label="Registration">
          <h3>Registration</h3>
          <dl className={styles.facts}>
            <dt>Method</dt>
            <dd>{registration.method}</dd>
            <dt>Turned and moved</dt>
            <dd>
              {figureText(registration.rotation_deg, "°")},{" "}
              {figureText(registration.translation_mm, "mm")}
            </dd>
            <dt>Overlap</dt>
            <dd>{share(registration.overlap)}</dd>
            <dt>Similarity</dt>
            <dd>{figureText(registration.similarity)}</dd>
          </dl>
        </section>
      )}
      <Files artifacts={comparison.artifacts} />
    </>
  );
}

const FILES: readonly { key: string; title: string }[] = [
  { key: "change-pdf", title: "One-page PDF" },
  { key: "sr-measurements", title: "Structured report (SR)" },
  { key: "registration", title: "Spatial registration" },
  { key: "seg-base", title: "Lesions at the base (SEG)" },
  { key: "seg-follow", title: "Lesions at the follow-up (SEG)" },
];

function Files({ artifacts }: { artifacts: readonly Artifact[] }) {
  const found = FILES.flatMap(({ key, title }) => {
    const artifact = artifacts.find((one) => one.key === key);
    return artifact === undefined ? [] : [{ key, title, url: artifact.url }];
  });
  if (found.length === 0) return null;
  return (
    <nav className={styles.links} aria-label="Files of this comparison">
      {found.map(({ key, title, url }) => (
        <a key={key} href={url} target="_blank" rel="noreferrer">
          <FileText aria-hidden /> {title}
        </a>
      ))}
    </nav>
  );
}
