import { useQuery } from "@tanstack/react-query";
import { FileText, Layers, ScanLine } from "lucide-react";
import { useEffect, useState } from "react";
import { listInstances, renderedInstance } from "@/api/studies";
import type { Series } from "@/api/types";
import styles from "./SeriesList.module.css";

/** The archive's picture of the middle instance, or nothing where it cannot draw one. */
function usePreview(series: Series): string | null {
  const { data: picture } = useQuery({
    queryKey: ["preview", series.series_uid, series.instance_count],
    queryFn: async ({ signal }) => {
      const instances = await listInstances(series.series_uid, signal);
      const middle = instances[Math.floor(instances.length / 2)];
      if (middle === undefined) return null;
      const { study_uid, series_uid } = series;
      return renderedInstance(study_uid, series_uid, middle.sop_instance_uid, signal);
    },
    enabled: series.kind === "image",
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const [address, setAddress] = useState<string | null>(null);

  useEffect(() => {
    if (!picture) return;
    const url = URL.createObjectURL(picture);
    setAddress(url);
    return () => URL.revokeObjectURL(url);
  }, [picture]);

  return address;
}

function Glyph({ kind }: { kind: Series["kind"] }) {
  if (kind === "seg" || kind === "rtstruct") return <Layers aria-hidden />;
  if (kind === "image" || kind === "rtdose") return <ScanLine aria-hidden />;
  return <FileText aria-hidden />;
}

export function SeriesThumbnail({ series }: { series: Series }) {
  const address = usePreview(series);
  return (
    <span className={styles.thumbnail}>
      {address === null ? <Glyph kind={series.kind} /> : <img src={address} alt="" />}
      <span className={styles.modality}>{series.modality}</span>
    </span>
  );
}
