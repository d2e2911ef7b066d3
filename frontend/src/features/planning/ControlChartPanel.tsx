import { useState } from "react";
import type { ControlChart } from "@/api/planning";
import { ticksBetween } from "@/ui/axis";
import { EmptyState } from "@/ui/EmptyState";
import fields from "@/ui/Field.module.css";
import { instant } from "@/ui/format";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import styles from "./ControlChart.module.css";
import { spanOf, spoken } from "./controlChart";
import { figureText } from "./figures";
import panels from "./Panels.module.css";
import { useChart } from "./usePlans";

interface ControlChartPanelProps {
  checks: readonly { key: string; title: string; figure: number | null }[];
  planId: string;
}

/** How this plan's figures lie among those of other patients. */
export function ControlChartPanel({ checks, planId }: ControlChartPanelProps) {
  const measured = checks.filter(({ figure }) => figure !== null);
  const [key, setKey] = useState(measured[0]?.key ?? "");
  if (measured.length === 0) {
    return (
      <EmptyState title="No figures to chart">
        Checks that are measured appear here, over all patients, when a plan is done.
      </EmptyState>
    );
  }
  return (
    <div className={panels.panel}>
      <label className={fields.label}>
        Check
        <select
          className={fields.select}
          value={key}
          onChange={(event) => setKey(event.target.value)}
        >
          {measured.map((check) => (
            <option key={check.key} value={check.key}>
              {check.title}
            </option>
          ))}
        </select>
      </label>
      <ChartOf check={key} planId={planId} />
    </div>
  );
}

function ChartOf({ check, planId }: { check: string; planId: string }) {
  const chart = useChart(check);
  if (chart.isPending) return <Spinner label="Loading the chart…" />;
  if (chart.data === undefined) {
    return <ProblemNotice error={chart.error} onRetry={() => void chart.refetch()} />;
  }
  if (chart.data.points.length === 0) {
    return <p className={panels.quiet}>No patient has a plan with this figure yet.</p>;
  }
  return <Chart chart={chart.data} planId={planId} />;
}

const WIDTH = 560;
const HEIGHT = 240;
const LEFT = 52;
const RIGHT = 64;

function Chart({ chart, planId }: { chart: ControlChart; planId: string }) {
  const { low, high } = spanOf(chart);
  const y = (value: number) => 12 + (1 - (value - low) / (high - low)) * (HEIGHT - 40);
  const inner = WIDTH - LEFT - RIGHT;
  const x = (at: number) => LEFT + ((at + 0.5) / chart.points.length) * inner;
  const limits = [
    { value: chart.upper, name: "+3 sd" },
    { value: chart.mean, name: "mean" },
    { value: chart.lower, name: "−3 sd" },
  ];
  return (
    <figure className={styles.figure}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={spoken(chart)}>
        {ticksBetween(low, high, 5).map((tick) => (
          <g key={tick}>
            <line className={styles.grid} x1={LEFT} x2={WIDTH - RIGHT} y1={y(tick)} y2={y(tick)} />
            <text className={styles.tick} x={LEFT - 6} y={y(tick) + 3.5} textAnchor="end">
              {tick}
            </text>
          </g>
        ))}
        {limits.map(({ value, name }) =>
          value === null ? null : (
            <g key={name}>
              <line
                className={name === "mean" ? styles.mean : styles.limit}
                x1={LEFT}
                x2={WIDTH - RIGHT}
                y1={y(value)}
                y2={y(value)}
              />
              <text className={styles.tick} x={WIDTH - RIGHT + 6} y={y(value) + 3.5}>
                {name}
              </text>
            </g>
          ),
        )}
        {chart.points.map((point, at) => (
          <circle
            key={point.plan}
            className={point.outside ? styles.outside : styles.point}
            data-this={point.plan === planId || undefined}
            cx={x(at)}
            cy={y(point.figure)}
            r={point.plan === planId ? 6 : 4}
          >
            <title>
              {`${figureText(point.figure, chart.unit)}, ${instant(point.at)}${point.plan === planId ? ", this plan" : ""}${point.outside ? ", outside the limits" : ""}`}
            </title>
          </circle>
        ))}
        <text className={styles.tick} x={LEFT + inner / 2} y={HEIGHT - 6} textAnchor="middle">
          Patients, oldest first {chart.unit === "" ? "" : `· ${chart.unit}`}
        </text>
      </svg>
      <figcaption className={panels.quiet}>
        {chart.mean === null
          ? "Limits are drawn from two patients on."
          : `Mean ${figureText(chart.mean, chart.unit)}, limits ${figureText(chart.lower, chart.unit)} to ${figureText(chart.upper, chart.unit)} (mean ± 3 standard deviations).`}{" "}
        The ringed point is this plan. One plan for each patient, all with the limits now in force
        {chart.limits === null ? "" : ` (version ${chart.limits.version})`}.
      </figcaption>
    </figure>
  );
}
