import { FileJson, Table } from "lucide-react";
import type { Evaluation } from "@/api/evaluation";
import { contentAddress, tableAddress } from "@/api/evaluation";
import buttons from "@/ui/Button.module.css";
import { cx } from "@/ui/cx";
import { count } from "@/ui/format";
import { Instant } from "@/ui/Instant";
import { Notice } from "@/ui/Notice";
import { CopyCommand } from "./CopyCommand";
import { runTitle } from "./choice";
import styles from "./Evaluation.module.css";
import { CompleteBadge, KindBadge } from "./marks";
import { RunMark } from "./RunMark";

function Downloads({ run }: { run: Evaluation }) {
  const style = cx(buttons.button, buttons.default, buttons.small);
  return (
    <div className={styles.downloads}>
      <a className={style} href={contentAddress(run.id)} download>
        <FileJson aria-hidden />
        JSON
      </a>
      <a className={style} href={tableAddress(run.id)} download>
        <Table aria-hidden />
        CSV
      </a>
    </div>
  );
}

function Problems({ run }: { run: Evaluation }) {
  if (run.complete) return null;
  return (
    <Notice tone="danger" title={`INCOMPLETE: ${count(run.problem_count, "case")} not measured`}>
      <p>The figures are of the other cases only.</p>
      <details>
        <summary>What is missing</summary>
        <ul>
          {run.problems.map(({ file, reason }) => (
            <li key={`${file} ${reason}`}>
              {file || "run"}: {reason}
            </li>
          ))}
        </ul>
      </details>
    </Notice>
  );
}

/** What each figure of a run rests on: data, kind, subjects, networks, and the command for it. */
export function RunCards({ runs }: { runs: readonly Evaluation[] }) {
  return (
    <ol className={styles.cards}>
      {runs.map((run, index) => (
        <li key={run.id} className={styles.card}>
          <h2 className={styles.cardTitle}>
            <RunMark index={index} />
            {runTitle(run)}
          </h2>
          <div className={styles.badges}>
            <KindBadge run={run} />
            <CompleteBadge run={run} />
          </div>
          <dl className={styles.facts}>
            <dt>Prediction</dt>
            <dd>
              {run.prediction_name} <code>{run.prediction_sha256.slice(0, 12)}…</code>
            </dd>
            <dt>Data</dt>
            <dd>
              {run.data_name} <code>{run.data_sha256.slice(0, 12)}…</code>,{" "}
              {count(run.subject_count, "subject")}
            </dd>
            <dt>Measured</dt>
            <dd>
              <Instant at={run.measured_at} />
            </dd>
            {run.networks.length > 0 && (
              <>
                <dt>Networks</dt>
                <dd>
                  {run.networks.map(({ name, sha256 }) => (
                    <span key={name}>
                      {name} <code>{sha256.slice(0, 12)}…</code>{" "}
                    </span>
                  ))}
                </dd>
              </>
            )}
            {run.note && (
              <>
                <dt>Note</dt>
                <dd>{run.note}</dd>
              </>
            )}
          </dl>
          <Problems run={run} />
          <CopyCommand text={run.command} label={`the command of ${runTitle(run)}`} />
          <Downloads run={run} />
        </li>
      ))}
    </ol>
  );
}
