import { ChevronDown, ChevronUp, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import type { PredictionBrief, Timeline as TimelineData, Treatment } from "@/api/followup";
import { useMay } from "@/api/me";
import { Button, IconButton } from "@/ui/Button";
import { bestSeries, type Choice, chosen, picked, visitOf } from "./choice";
import styles from "./Strip.module.css";
import { Timeline } from "./Timeline";
import { TreatmentDialog } from "./TreatmentDialog";
import { VisitSelects } from "./VisitSelects";
import { VisitTable } from "./VisitTable";

interface TimelineStripProps {
  studyUid: string;
  timeline: TimelineData;
  choice: Choice;
  onChoice: (choice: Choice) => void;
  onPrediction: (prediction: PredictionBrief) => void;
}

/** The patient's time axis, the choice of two visits on it, and all series as a table. */
export function TimelineStrip(props: TimelineStripProps) {
  const { studyUid, timeline, choice, onChoice } = props;
  const mayTreat = useMay("followup.treat");
  const [isOpen, setOpen] = useState(true);
  const [edited, setEdited] = useState<Treatment | "new" | null>(null);
  const studies = useMemo(() => [...timeline.studies, ...timeline.undated], [timeline]);
  const find = (uid: string) => studies.find(({ study_uid }) => study_uid === uid);

  function pick(uid: string): void {
    const study = find(uid);
    if (study !== undefined) onChoice(picked(studies, choice, study));
  }

  function take(role: "base" | "follow", uid: string): void {
    const study = find(uid);
    const other = visitOf(studies, role === "base" ? choice.follow : choice.base);
    const series = study === undefined ? null : bestSeries(study, other?.series ?? null);
    if (series !== null) onChoice(chosen(choice, role, series.series_uid));
  }

  return (
    <section className={styles.strip} aria-label="Timeline">
      <div className={styles.left}>
        <div className={styles.head}>
          <IconButton
            label={isOpen ? "Fold the timeline" : "Unfold the timeline"}
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? <ChevronUp /> : <ChevronDown />}
          </IconButton>
          <VisitSelects studies={studies} choice={choice} onChoice={onChoice} />
          {mayTreat && (
            <Button small icon={<Plus />} onClick={() => setEdited("new")}>
              Add treatment
            </Button>
          )}
        </div>
        {isOpen && (
          <Timeline
            timeline={timeline}
            choice={choice}
            onPick={pick}
            onRole={take}
            onTreatment={(treatment) => mayTreat && setEdited(treatment)}
            onPrediction={props.onPrediction}
          />
        )}
      </div>
      {isOpen && (
        <div className={styles.table}>
          <VisitTable
            studies={timeline.studies}
            undated={timeline.undated}
            choice={choice}
            onChoose={(role, uid) => onChoice(chosen(choice, role, uid))}
          />
          {timeline.truncated && <p>Only the newest studies are shown.</p>}
        </div>
      )}
      {edited !== null && (
        <TreatmentDialog
          studyUid={studyUid}
          treatment={edited === "new" ? null : edited}
          onClose={() => setEdited(null)}
        />
      )}
    </section>
  );
}
