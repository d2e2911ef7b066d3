import type { StudyViewerProps } from "./types";

export function StudyViewer({ series, activeSeriesUid }: StudyViewerProps) {
  const active = series.find((one) => one.series_uid === activeSeriesUid);
  return <section aria-label="Images">{active?.description ?? "No series chosen"}</section>;
}
