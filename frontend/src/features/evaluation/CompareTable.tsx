import { Award } from "lucide-react";
import type { Evaluation, MetricRow, RowDifference } from "@/api/evaluation";
import { cx } from "@/ui/cx";
import { runTitle } from "./choice";
import styles from "./Evaluation.module.css";
import {
  boundText,
  DIRECTIONS,
  differenceTexts,
  figure,
  intervalText,
  isClear,
  metricTitle,
  unitText,
} from "./figures";
import {
  best,
  type Differences,
  type Line,
  type MetricGroup,
  pairKey,
  sourcesOf,
  type TierGroup,
} from "./lines";
import { Axis, Plot } from "./Plot";
import { RunMark } from "./RunMark";
import { scaleOf } from "./scale";

const TIER_TITLES = { pixel: "Pixel", feature: "Feature", task: "Task" } as const;

interface CompareTableProps {
  runs: readonly Evaluation[];
  groups: readonly TierGroup[];
  differences: Differences;
}

function ValueCell({ row, isBest }: { row: MetricRow | null; isBest: boolean }) {
  if (row === null) return <td className={styles.number}>–</td>;
  return (
    <td className={cx(styles.number, isBest && styles.best)}>
      <span className={styles.value}>
        {isBest && <Award aria-label="Best beyond the intervals" />}
        {figure(row.value)}
      </span>
      <div className={styles.sub} title={row.ci_method}>
        {intervalText(row)} · n = {row.n_subjects}
      </div>
    </td>
  );
}

/** Floor or baseline; where the runs differ in it, that of each. */
function BoundCell({ line, of }: { line: Line; of: "floor" | "baseline" }) {
  const bounds = line.rows.filter((row) => row !== null).map((row) => row[of]);
  const texts = [...new Set(bounds.map(boundText))];
  const given = bounds.some(({ value }) => value !== null);
  return (
    <td
      className={cx(styles.number, !given && styles.sub)}
      title={sourcesOf([line], of).join("; ")}
    >
      {texts.join(" / ")}
    </td>
  );
}

function DifferenceCell({ difference }: { difference: RowDifference | undefined }) {
  const isTold = difference !== undefined && isClear(difference);
  const [middle, interval] = differenceTexts(difference);
  return (
    <td className={styles.number} title={difference?.ci_method}>
      <span className={isTold ? styles.clear : styles.sub}>
        {middle}
        {isTold && <span title="The interval leaves out 0"> *</span>}
      </span>
      <div className={styles.sub}>{interval}</div>
    </td>
  );
}

function LineRow({
  line,
  props,
  group,
}: {
  line: Line;
  props: CompareTableProps;
  group: MetricGroup;
}) {
  const ids = props.runs.map(({ id }) => id);
  const first = ids[0] ?? "";
  const winner = best(line.key, ids, props.differences);
  const scale = scaleOf(group);
  return (
    <tr>
      <th scope="row">{line.structure || "whole"}</th>
      <td>{scale !== null && <Plot line={line} scale={scale} />}</td>
      {line.rows.map((row, index) => (
        <ValueCell key={ids[index]} row={row} isBest={winner === ids[index]} />
      ))}
      {ids.slice(1).map((id) => (
        <DifferenceCell
          key={id}
          difference={props.differences.get(pairKey(first, id))?.get(line.key)}
        />
      ))}
      <BoundCell line={line} of="floor" />
      <BoundCell line={line} of="baseline" />
    </tr>
  );
}

function MetricBody({ group, props }: { group: MetricGroup; props: CompareTableProps }) {
  const { mark, title } = DIRECTIONS[group.direction];
  const scale = scaleOf(group);
  const others = props.runs.length * 2 + 1;
  return (
    <tbody>
      <tr className={styles.metric}>
        <th scope="rowgroup">
          {metricTitle(group.metric)}{" "}
          <abbr className={styles.direction} title={title}>
            {mark}
          </abbr>{" "}
          <span className={styles.sub}>
            {[unitText(group.unit), title].filter(Boolean).join(" · ")}
          </span>
        </th>
        <td>{scale !== null && <Axis scale={scale} />}</td>
        <td colSpan={others} className={styles.sub}>
          {[
            `floor: ${sourcesOf(group.lines, "floor").join("; ")}`,
            `baseline: ${sourcesOf(group.lines, "baseline").join("; ")}`,
          ].join(" · ")}
        </td>
      </tr>
      {group.lines.map((line) => (
        <LineRow key={line.key} line={line} props={props} group={group} />
      ))}
    </tbody>
  );
}

function Heads({ runs }: { runs: readonly Evaluation[] }) {
  return (
    <thead>
      <tr>
        <th scope="col">Of</th>
        <th scope="col">Intervals</th>
        {runs.map((run, index) => (
          <th key={run.id} scope="col" className={styles.number}>
            <RunMark index={index} /> {runTitle(run)}
            {!run.complete && <div className={styles.incomplete}>INCOMPLETE</div>}
          </th>
        ))}
        {runs.slice(1).map((run, index) => (
          <th key={run.id} scope="col" className={styles.number}>
            {index + 2} − 1
          </th>
        ))}
        <th scope="col" className={styles.number}>
          Floor
        </th>
        <th scope="col" className={styles.number}>
          Baseline
        </th>
      </tr>
    </thead>
  );
}

/** All runs side by side, tier by tier. */
export function CompareTable(props: CompareTableProps) {
  return props.groups.map((tier) => (
    <section key={tier.tier} className={styles.tier} aria-label={`${TIER_TITLES[tier.tier]} tier`}>
      <h2 className={styles.tierTitle}>{TIER_TITLES[tier.tier]} tier</h2>
      <div className={styles.scroll}>
        <table className={cx(styles.table, styles.compare)}>
          <Heads runs={props.runs} />
          {tier.metrics.map((group) => (
            <MetricBody key={group.metric} group={group} props={props} />
          ))}
        </table>
      </div>
    </section>
  ));
}
