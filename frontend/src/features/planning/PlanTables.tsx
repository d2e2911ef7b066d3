import type { PlanIndex, PlanResult } from "@/api/planning";
import { OutcomeBadge } from "./checkMarks";
import { changeText, figureText } from "./figures";
import styles from "./Tables.module.css";

/** Which of the other doses a plan has figures for. */
const OTHERS = ["reference", "bulk"] as const;

export function IndicesTable({ indices }: { indices: readonly PlanIndex[] }) {
  const others = OTHERS.filter((of) => indices.some((row) => row[of] != null));
  const hasBand = indices.some(({ lower, upper }) => lower != null && upper != null);
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <caption>Plan indices</caption>
        <thead>
          <tr>
            <th scope="col">Structure</th>
            <th scope="col">Index</th>
            <th scope="col">Plan</th>
            {others.map((of) => (
              <th key={of} scope="col">
                {of === "reference" ? "Reference CT" : "Bulk"}
              </th>
            ))}
            {hasBand && <th scope="col">Band 5–95 %</th>}
          </tr>
        </thead>
        <tbody>
          {indices.map((row) => (
            <tr key={`${row.structure} ${row.metric}`}>
              <th scope="row">{row.structure}</th>
              <td>{row.metric}</td>
              <td className={styles.figure}>{figureText(row.plan, row.unit)}</td>
              {others.map((of) => (
                <td key={of} className={styles.figure}>
                  {figureText(row[of], row.unit)}{" "}
                  <span className={styles.change}>{changeText(row[of], row.plan)}</span>
                </td>
              ))}
              {hasBand && <td className={styles.figure}>{bandText(row)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function bandText({ lower, upper, unit }: PlanIndex): string {
  if (lower == null || upper == null) return "–";
  const [low, high] = [Math.min(lower, upper), Math.max(lower, upper)];
  return `${figureText(low, "")} to ${figureText(high, unit)}`;
}

export function ConstraintsTable({ result }: { result: PlanResult }) {
  if (result.constraints.length === 0) return null;
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <caption>Constraints of the template</caption>
        <thead>
          <tr>
            <th scope="col">Structure</th>
            <th scope="col">Index</th>
            <th scope="col">Limit</th>
            <th scope="col">Plan</th>
            <th scope="col">Outcome</th>
          </tr>
        </thead>
        <tbody>
          {result.constraints.map((row) => (
            <tr key={`${row.structure} ${row.metric} ${row.limit}`}>
              <th scope="row">{row.structure}</th>
              <td>{row.metric}</td>
              <td>{row.limit}</td>
              <td className={styles.figure}>{figureText(row.value, unitOf(row.limit))}</td>
              <td>
                <OutcomeBadge status={row.status} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const unitOf = (limit: string): string => /[\d.]\s*(Gy|%|cm³|mL)/.exec(limit)?.[1] ?? "";

const AGAINST: Record<string, string> = {
  reference: "Reference CT",
  bulk: "Bulk densities",
};

/** γ and the error in HU: how far the dose and the image are from those of a real CT. */
export function AgreementTable({ result }: { result: PlanResult }) {
  const { gamma, hu_error: hu } = result;
  if (gamma.length === 0 && hu === null) {
    return (
      <p className={styles.none}>
        There is no CT of this frame of reference and no bulk-density dose to compare with.
      </p>
    );
  }
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <caption>Agreement</caption>
        <tbody>
          {gamma.map((row) => (
            <tr key={row.against}>
              <th scope="row">
                γ {row.dose_percent} %/{row.distance_mm} mm, cut-off {row.cutoff_percent} %
              </th>
              <td>{AGAINST[row.against] ?? row.against}</td>
              <td className={styles.figure}>
                {figureText(row.pass_percent, "%")} pass, mean γ {row.mean.toFixed(2)}
              </td>
            </tr>
          ))}
          {hu !== null && (
            <tr>
              <th scope="row">Error of the image in the body</th>
              <td>Reference CT</td>
              <td className={styles.figure}>
                MAE {figureText(hu.mae, "HU")} · soft tissue {figureText(hu.bias_soft, "HU")} · bone{" "}
                {figureText(hu.bias_bone, "HU")}
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

export function BeamsTable({ result }: { result: PlanResult }) {
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <caption>Beams</caption>
        <thead>
          <tr>
            <th scope="col">Beam</th>
            <th scope="col">Gantry</th>
            <th scope="col">Couch</th>
            <th scope="col">Bixels</th>
            <th scope="col">Weight</th>
          </tr>
        </thead>
        <tbody>
          {result.beams.map((beam) => (
            <tr key={beam.number}>
              <th scope="row">{beam.name}</th>
              <td className={styles.figure}>{beam.gantry_deg}°</td>
              <td className={styles.figure}>{beam.couch_deg}°</td>
              <td className={styles.figure}>{beam.bixels}</td>
              <td className={styles.figure}>{figureText(100 * beam.weight, "%")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
