import type { Series } from "@/api/types";
import { cx } from "@/ui/cx";
import { AiMadeBadge, SyntheticBadge } from "@/ui/marks";
import styles from "./SeriesList.module.css";
import { SeriesThumbnail } from "./SeriesThumbnail";
import { geometryName, seriesAmount, seriesTitle } from "./seriesText";

interface SeriesListProps {
  series: readonly Series[];
  activeSeriesUid: string | null;
  overlaySeriesUid: string | null;
  /** An image series is drawn; a segmentation is laid over the images. */
  onChoose: (series: Series) => void;
}

function SeriesItem({
  series,
  chosen,
  onChoose,
}: {
  series: Series;
  chosen: boolean;
  onChoose: () => void;
}) {
  const drawable = series.kind === "image" || series.kind === "seg";
  return (
    <li>
      <button
        type="button"
        className={cx(styles.item, chosen && styles.chosen)}
        aria-pressed={chosen}
        disabled={!drawable}
        title={drawable ? undefined : "This kind of series has no picture of its own"}
        onClick={(event) => {
          // Chosen with the pointer: the arrow keys are for the images that open.
          if (event.detail > 0) event.currentTarget.blur();
          onChoose();
        }}
      >
        <SeriesThumbnail series={series} />
        <span className={styles.text}>
          <span className={styles.title}>{seriesTitle(series)}</span>
          <span className={styles.sub}>{seriesAmount(series)}</span>
          {series.kind === "image" && series.geometry.kind !== "regular" && (
            <span className={styles.sub} title={series.geometry.reason ?? undefined}>
              {geometryName(series)}
            </span>
          )}
          <span className={styles.badges}>
            {series.ai_generated && <AiMadeBadge />}
            {series.synthetic && <SyntheticBadge />}
          </span>
        </span>
      </button>
    </li>
  );
}

export function SeriesList(props: SeriesListProps) {
  const { series, activeSeriesUid, overlaySeriesUid, onChoose } = props;
  const isChosen = ({ series_uid }: Series) =>
    series_uid === activeSeriesUid || series_uid === overlaySeriesUid;
  const groups = [
    { title: "Images", rows: series.filter((one) => one.kind === "image") },
    { title: "Results", rows: series.filter((one) => one.kind !== "image") },
  ].filter(({ rows }) => rows.length > 0);

  return (
    <nav aria-label="Series" className={styles.rail}>
      {groups.map(({ title, rows }) => (
        <section key={title}>
          <h2 className={styles.heading}>
            {title} <span>{rows.length}</span>
          </h2>
          <ul className={styles.list}>
            {rows.map((one) => (
              <SeriesItem
                key={one.series_uid}
                series={one}
                chosen={isChosen(one)}
                onChoose={() => onChoose(one)}
              />
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}
