import { type KeyboardEvent, type PointerEvent, useState } from "react";
import { ticksBetween } from "@/ui/axis";
import styles from "./Dvh.module.css";
import { bandAt, bandOf, type CurvePoint, highestDose, type StructureDvh, volumeAt } from "./dvh";
import { figureText } from "./figures";

const WIDTH = 560;
const HEIGHT = 300;
const LEFT = 42;
const TOP = 26;
const PLOT_WIDTH = WIDTH - LEFT - 14;
const PLOT_HEIGHT = HEIGHT - TOP - 40;

interface DvhChartProps {
  shown: readonly StructureDvh[];
  prescriptionGy: number | null;
}

/** Dose along, volume up; the pointer or the arrow keys read off at a dose. */
export function DvhChart({ shown, prescriptionGy }: DvhChartProps) {
  const [cursor, setCursor] = useState<number | null>(null);
  const most = highestDose(shown, prescriptionGy);
  const x = (gray: number) => LEFT + (gray / most) * PLOT_WIDTH;
  const y = (percent: number) => TOP + (1 - percent / 100) * PLOT_HEIGHT;
  const path = (points: readonly CurvePoint[]) =>
    points
      .map(
        ({ gray, percent }, at) =>
          `${at === 0 ? "M" : "L"}${x(gray).toFixed(1)} ${y(percent).toFixed(1)}`,
      )
      .join("");

  function point(event: PointerEvent<SVGSVGElement>): void {
    const box = event.currentTarget.getBoundingClientRect();
    const gray = ((((event.clientX - box.left) / box.width) * WIDTH - LEFT) / PLOT_WIDTH) * most;
    setCursor(gray < 0 || gray > most ? null : gray);
  }

  function step(event: KeyboardEvent): void {
    const sign = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") setCursor(null);
    if (sign === undefined) return;
    event.preventDefault();
    const by = sign * (event.shiftKey ? 5 : 0.5);
    setCursor(Math.max(0, Math.min(most, (cursor ?? prescriptionGy ?? most / 2) + by)));
  }

  return (
    <div className={styles.chart}>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Dose-volume histogram of ${shown.map(({ name }) => name).join(", ")}. Arrow keys read it off.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys read the curves off
        tabIndex={0}
        onPointerMove={point}
        onPointerLeave={() => setCursor(null)}
        onKeyDown={step}
        onBlur={() => setCursor(null)}
      >
        <Axes most={most} prescriptionGy={prescriptionGy} x={x} y={y} />
        {shown.map((one) => (
          <Curves key={one.name} of={one} path={path} />
        ))}
        {cursor !== null && (
          <line className={styles.cursor} x1={x(cursor)} x2={x(cursor)} y1={TOP} y2={y(0)} />
        )}
      </svg>
      <Reading shown={shown} gray={cursor} prescriptionGy={prescriptionGy} />
    </div>
  );
}

interface AxesProps {
  most: number;
  prescriptionGy: number | null;
  x: (gray: number) => number;
  y: (percent: number) => number;
}

function Axes({ most, prescriptionGy, x, y }: AxesProps) {
  return (
    <g>
      {[0, 20, 40, 60, 80, 100].map((percent) => (
        <g key={percent}>
          <line className={styles.grid} x1={x(0)} x2={x(most)} y1={y(percent)} y2={y(percent)} />
          <text className={styles.tick} x={x(0) - 6} y={y(percent) + 3.5} textAnchor="end">
            {percent}
          </text>
        </g>
      ))}
      {ticksBetween(0, most, 7).map((gray) => (
        <g key={gray}>
          <line className={styles.grid} x1={x(gray)} x2={x(gray)} y1={y(100)} y2={y(0)} />
          <text className={styles.tick} x={x(gray)} y={y(0) + 15} textAnchor="middle">
            {gray}
          </text>
        </g>
      ))}
      {prescriptionGy !== null && (
        <g>
          <line
            className={styles.prescription}
            x1={x(prescriptionGy)}
            x2={x(prescriptionGy)}
            y1={y(100)}
            y2={y(0)}
          />
          <text className={styles.prescribed} x={x(prescriptionGy)} y={TOP - 8} textAnchor="middle">
            prescribed {prescriptionGy} Gy
          </text>
        </g>
      )}
      <text className={styles.axis} x={x(most / 2)} y={HEIGHT - 6} textAnchor="middle">
        Dose (Gy)
      </text>
      <text className={styles.axis} x={LEFT - 32} y={TOP - 8}>
        Volume (%)
      </text>
    </g>
  );
}

interface CurvesProps {
  of: StructureDvh;
  path: (points: readonly CurvePoint[]) => string;
}

function Curves({ of, path }: CurvesProps) {
  const { curves, colour } = of;
  const band = bandOf(of);
  return (
    <g style={{ color: colour }}>
      {band !== null && <path className={styles.band} d={`${path(band)}Z`} />}
      {curves.reference && <path className={styles.reference} d={path(curves.reference)} />}
      {curves.bulk && <path className={styles.bulk} d={path(curves.bulk)} />}
      {curves.plan && <path className={styles.plan} d={path(curves.plan)} />}
    </g>
  );
}

interface ReadingProps {
  shown: readonly StructureDvh[];
  gray: number | null;
  prescriptionGy: number | null;
}

const percentText = (percent: number) => `${percent.toFixed(1)} %`;

function Reading({ shown, gray, prescriptionGy }: ReadingProps) {
  if (gray === null) {
    return (
      <p className={styles.hint}>
        Point at the chart, or focus it and use the arrow keys, to read off volumes at a dose.
      </p>
    );
  }
  const share = prescriptionGy === null ? "" : ` (${Math.round((100 * gray) / prescriptionGy)} %)`;
  return (
    <div className={styles.reading} role="status">
      <strong>
        At {figureText(gray, "Gy")}
        {share}
      </strong>
      <ul>
        {shown.map((one) => {
          const band = bandAt(one, gray);
          const { plan, reference, bulk } = one.curves;
          return (
            <li key={one.name}>
              <i style={{ background: one.colour }} />
              <span>{one.name}</span>
              <b>{plan ? percentText(volumeAt(plan, gray)) : "–"}</b>
              {band !== null && (
                <span className={styles.quiet}>
                  band {percentText(band[0])} to {percentText(band[1])}
                </span>
              )}
              {reference && (
                <span className={styles.quiet}>
                  reference {percentText(volumeAt(reference, gray))}
                </span>
              )}
              {bulk && (
                <span className={styles.quiet}>bulk {percentText(volumeAt(bulk, gray))}</span>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
