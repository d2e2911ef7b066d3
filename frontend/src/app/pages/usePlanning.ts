import { useCallback, useMemo, useState } from "react";
import type { Plan } from "@/api/planning";
import type { Series, StudyDetail } from "@/api/types";
import {
  isScan,
  type PlanInputs,
  planningImages,
  sameFrame,
  suggested,
} from "@/features/planning/inputs";
import { NEW_PLAN } from "@/features/planning/PlanningPanel";
import { viewerDoses } from "@/features/planning/planModel";
import { usePlan, usePlans, useSeen } from "@/features/planning/usePlans";
import { firstSeries } from "@/features/study/seriesText";
import type { ViewerPlanning } from "@/viewer/types";

/** What the images and the panel of the planning page have in common. */
export function usePlanning(study: StudyDetail) {
  const plans = usePlans(study.study_uid);
  const [choice, setChoice] = useState<string | null>(null);
  const chosen = choice ?? plans.data?.[0]?.id ?? NEW_PLAN;
  const plan = usePlan(chosen === NEW_PLAN ? null : chosen);
  const seen = useSeen(plan.data);
  const [own, setOwn] = useState<PlanInputs | null>(null);
  const [regions, setRegions] = useState<readonly string[]>([]);
  const [shown, setShown] = useState<string | null>(null);

  const inputs = useMemo(
    () => own ?? suggested(study.series, planningImages(study.series)[0]?.series_uid ?? ""),
    [own, study.series],
  );
  const shownPlan = chosen === NEW_PLAN ? undefined : plan.data;
  const planned = shownPlan?.inputs.image ?? inputs.image;
  const activeSeriesUid = shown ?? (planned || (firstSeries(study.series)?.series_uid ?? null));
  const structures = structuresOf(shownPlan, study.series) ?? inputs.structures;

  const planning = useMemo(
    () => layersOf(study.series, shownPlan, inputs, structures, activeSeriesUid),
    [study.series, shownPlan, inputs, structures, activeSeriesUid],
  );

  const choose = useCallback((id: string) => {
    setChoice(id);
    setShown(null);
  }, []);

  return {
    plans,
    plan,
    chosen,
    choose,
    seen,
    inputs,
    setInputs: useCallback((next: PlanInputs) => {
      setOwn(next);
      setShown(null);
    }, []),
    regions,
    setRegions,
    activeSeriesUid,
    setShown,
    planning,
  };
}

/** The structure set that the plan was made with; null where there is no plan. */
function structuresOf(plan: Plan | undefined, series: readonly Series[]): string | null {
  if (plan === undefined) return null;
  const made = plan.artifacts.find(({ key }) => key === "structures")?.series_uid ?? null;
  const isStored = series.some(({ series_uid }) => series_uid === made);
  return isStored ? made : (plan.inputs.structures ?? null);
}

function layersOf(
  series: readonly Series[],
  plan: Plan | undefined,
  inputs: PlanInputs,
  structures: string | null,
  activeSeriesUid: string | null,
): ViewerPlanning {
  const active = series.find(({ series_uid }) => series_uid === activeSeriesUid);
  const others = sameFrame(series, active).filter(isScan);
  const parts: Record<string, string> = plan === undefined ? { ...inputs } : plan.inputs;
  const first =
    others.find(({ series_uid }) => active?.derived_from.includes(series_uid)) ??
    others.find(({ modality }) => modality === "CT" || modality === "MR") ??
    others[0];
  return {
    doses: plan === undefined ? [] : viewerDoses(plan),
    structuresSeriesUid: structures || null,
    companionSeriesUid: first?.series_uid ?? null,
    companionUids: others.map(({ series_uid }) => series_uid),
    lowerSeriesUid: parts.lower || null,
    upperSeriesUid: parts.upper || null,
  };
}
