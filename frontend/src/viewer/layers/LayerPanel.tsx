import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { useState } from "react";
import type { ViewerSession } from "../session";
import type { StudyViewerProps, ViewerPlanning, ViewerSeries } from "../types";
import { CompareSection, UncertaintySection } from "./CompareSection";
import { DoseSection } from "./DoseSection";
import { DrawSection } from "./DrawSection";
import styles from "./layers.module.css";
import { StructureSection } from "./StructureSection";

interface LayerPanelProps {
  readonly session: ViewerSession;
  readonly planning: ViewerPlanning;
  readonly series: readonly ViewerSeries[];
  readonly onStructureDrawn?: StudyViewerProps["onStructureDrawn"] | undefined;
}

/** What a plan lays over the images: dose, structures, a second image, uncertainty. */
export function LayerPanel(props: LayerPanelProps) {
  const { session, planning, series, onStructureDrawn } = props;
  const [isOpen, setOpen] = useState(true);
  const { layers } = session;
  return (
    <aside className={styles.panel} data-open={isOpen || undefined} aria-label="Layers">
      <button
        type="button"
        className={styles.fold}
        aria-expanded={isOpen}
        aria-label={isOpen ? "Hide the layers" : "Show the layers"}
        title={isOpen ? "Hide the layers" : "Show the layers"}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? <PanelLeftClose aria-hidden /> : <PanelLeftOpen aria-hidden />}
      </button>
      {isOpen && (
        <div className={styles.sections}>
          <DoseSection layers={layers} doses={planning.doses} />
          <StructureSection layers={layers} />
          {onStructureDrawn !== undefined && (
            <DrawSection layers={layers} onDrawn={onStructureDrawn} />
          )}
          <CompareSection
            layers={layers}
            companionUids={planning.companionUids}
            series={series}
            none="No other image shares this image's frame of reference. Make a synthetic CT from the MR to compare the two."
          />
          <UncertaintySection layers={layers} planning={planning} />
        </div>
      )}
    </aside>
  );
}
