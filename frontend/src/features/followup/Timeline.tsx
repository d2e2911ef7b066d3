import { type KeyboardEvent, useRef } from "react";
import type { PredictionBrief, Timeline as TimelineData, Treatment } from "@/api/followup";
import type { Choice, Role } from "./choice";
import { visitOf } from "./choice";
import { StudyMark } from "./StudyMark";
import styles from "./Timeline.module.css";
import { PredictionLane, TreatmentLane } from "./TimelineLanes";
import { laneOf, modalityLanes, type Span, spanOf, ticksOf } from "./timeline";
import { percentX } from "./timelinePlaces";

interface TimelineProps {
  timeline: TimelineData;
  choice: Choice;
  onPick: (studyUid: string) => void;
  onRole: (role: Role, studyUid: string) => void;
  onTreatment: (treatment: Treatment) => void;
  onPrediction: (prediction: PredictionBrief) => void;
}

/**
 * One axis for everything that has a date. A click on a study takes it as base or follow-up; with
 * the keyboard the arrows go from mark to mark, B and F choose.
 */
export function Timeline(props: TimelineProps) {
  const { timeline, choice, onPick, onRole } = props;
  const root = useRef<HTMLElement>(null);
  const span = spanOf(timeline);
  if (span === null) {
    return <p className={styles.none}>No study of this patient has a date. Choose in the table.</p>;
  }
  const base = visitOf(timeline.studies, choice.base)?.study.study_uid ?? null;
  const follow = visitOf(timeline.studies, choice.follow)?.study.study_uid ?? null;

  function move(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    const marks = [...(root.current?.querySelectorAll<HTMLElement>("[data-mark]") ?? [])];
    marks.sort((a, b) => Number(a.dataset.mark) - Number(b.dataset.mark));
    const at = marks.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    event.preventDefault();
    marks[Math.max(0, Math.min(marks.length - 1, at + step))]?.focus();
  }

  return (
    <section
      ref={root}
      className={styles.axis}
      aria-label="Time axis"
      // The letters and arrows pressed here are not the viewer's.
      data-own-keys
      onKeyDown={move}
    >
      {modalityLanes(timeline.studies).map((lane) => (
        <Lane key={lane} name={lane} span={span}>
          {timeline.studies
            .filter((study) => laneOf(study) === lane)
            .map((study) => (
              <StudyMark
                key={study.study_uid}
                study={study}
                lane={lane}
                span={span}
                role={
                  study.study_uid === base ? "base" : study.study_uid === follow ? "follow" : null
                }
                onPick={() => onPick(study.study_uid)}
                onRole={(role) => onRole(role, study.study_uid)}
              />
            ))}
        </Lane>
      ))}
      {timeline.treatments.length > 0 && (
        <TreatmentLane
          treatments={timeline.treatments}
          span={span}
          onTreatment={props.onTreatment}
        />
      )}
      {timeline.predictions.some(({ target_date: date }) => date !== null) && (
        <PredictionLane
          predictions={timeline.predictions}
          span={span}
          onPrediction={props.onPrediction}
        />
      )}
      <Ticks span={span} />
    </section>
  );
}

interface LaneProps {
  name: string;
  span: Span;
  children: React.ReactNode;
}

function Lane({ name, span, children }: LaneProps) {
  return (
    <div className={styles.lane}>
      <span className={styles.name}>{name}</span>
      <div className={styles.track}>
        <Grid span={span} />
        {children}
      </div>
    </div>
  );
}

function Grid({ span }: { span: Span }) {
  return (
    <svg className={styles.grid} aria-hidden="true">
      <line className={styles.line} x1="0" x2="100%" y1="50%" y2="50%" />
      {ticksOf(span).map(({ day }) => (
        <line
          key={day}
          className={styles.rule}
          x1={percentX(day, span)}
          x2={percentX(day, span)}
          y1="0"
          y2="100%"
        />
      ))}
    </svg>
  );
}

function Ticks({ span }: { span: Span }) {
  return (
    <div className={styles.lane} aria-hidden="true">
      <span className={styles.name} />
      <svg className={styles.ticks} aria-hidden="true">
        {ticksOf(span).map(({ day, text }) => (
          <text key={day} className={styles.tick} x={percentX(day, span)} y="12">
            {text}
          </text>
        ))}
      </svg>
    </div>
  );
}
