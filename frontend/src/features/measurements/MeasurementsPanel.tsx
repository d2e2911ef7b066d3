import { Circle, Ruler, Trash2, Triangle } from "lucide-react";
import { useMay } from "@/api/me";
import type { SavedMeasurement, Series } from "@/api/types";
import { IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { EmptyState } from "@/ui/EmptyState";
import { Instant } from "@/ui/Instant";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import styles from "./MeasurementsPanel.module.css";
import type { useMeasurements } from "./useMeasurements";

const LENGTH = { title: "Length", Icon: Ruler };

const TOOLS: Record<string, typeof LENGTH> = {
  Length: LENGTH,
  Angle: { title: "Angle", Icon: Triangle },
  EllipticalROI: { title: "Ellipse, mean", Icon: Circle },
};

function amount({ value, unit }: SavedMeasurement): string {
  return value === null ? "–" : `${value.toFixed(1)} ${unit}`;
}

interface RowProps {
  measurement: SavedMeasurement;
  series: Series | undefined;
  selected: boolean;
  onSelect: () => void;
  onDelete: (() => void) | null;
}

function MeasurementRow({ measurement, series, selected, onSelect, onDelete }: RowProps) {
  const { title, Icon } = TOOLS[measurement.tool] ?? LENGTH;
  return (
    <li className={cx(styles.row, selected && styles.selected)}>
      <button type="button" className={styles.jump} aria-pressed={selected} onClick={onSelect}>
        <Icon aria-hidden />
        <span className={styles.text}>
          <span className={styles.value}>{amount(measurement)}</span>
          <span className={styles.sub}>
            {measurement.label || title} · {series?.description || measurement.series_uid}
          </span>
          <span className={styles.sub}>
            {measurement.author} · <Instant at={measurement.created_at} />
          </span>
        </span>
      </button>
      {onDelete !== null && (
        <IconButton label="Delete measurement" onClick={onDelete}>
          <Trash2 />
        </IconButton>
      )}
    </li>
  );
}

interface MeasurementsPanelProps {
  measurements: ReturnType<typeof useMeasurements>;
  series: readonly Series[];
  selectedId: string | null;
  onSelect: (measurement: SavedMeasurement) => void;
}

export function MeasurementsPanel(props: MeasurementsPanelProps) {
  const { measurements, series, selectedId, onSelect } = props;
  const mayEdit = useMay("annotation.edit");
  const { query, remove } = measurements;

  if (query.isPending) return <Spinner />;
  if (query.isError) {
    return <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />;
  }
  if (query.data.length === 0) {
    return (
      <EmptyState icon={<Ruler />} title="Nothing measured yet">
        Draw a length (L), an angle (A) or an ellipse (E) on the images. It is saved with the study.
      </EmptyState>
    );
  }
  return (
    <ul className={styles.list} aria-label="Measurements">
      {query.data.map((measurement) => (
        <MeasurementRow
          key={measurement.id}
          measurement={measurement}
          series={series.find((one) => one.series_uid === measurement.series_uid)}
          selected={measurement.id === selectedId}
          onSelect={() => onSelect(measurement)}
          onDelete={mayEdit ? () => void remove(measurement.id) : null}
        />
      ))}
    </ul>
  );
}
