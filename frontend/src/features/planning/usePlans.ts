import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef } from "react";
import {
  type DecisionWish,
  decide,
  listPlans,
  listProfiles,
  listTemplates,
  markViewed,
  type Plan,
  planKeys,
  readChart,
  readPlan,
  saveStructures,
} from "@/api/planning";
import { asProblem } from "@/api/problem";
import { studyKeys } from "@/api/studies";
import { idempotencyKey } from "@/ui/randomKeys";
import { showToast } from "@/ui/toasts";
import type { DrawnStructure } from "@/viewer/types";

export function usePlans(studyUid: string) {
  return useQuery({
    queryKey: planKeys.ofStudy(studyUid),
    queryFn: () => listPlans(studyUid),
  });
}

export function usePlan(id: string | null) {
  return useQuery({
    queryKey: planKeys.one(id ?? ""),
    queryFn: () => readPlan(id ?? ""),
    enabled: id !== null,
  });
}

export function useTemplates() {
  return useQuery({ queryKey: planKeys.templates, queryFn: listTemplates });
}

export function useProfiles() {
  return useQuery({ queryKey: planKeys.profiles, queryFn: listProfiles });
}

export function useChart(check: string) {
  return useQuery({ queryKey: planKeys.chart(check), queryFn: () => readChart(check) });
}

/** Says that something was opened, once for each result of a plan. */
export function useSeen(plan: Plan | undefined): (key: string) => void {
  const client = useQueryClient();
  const told = useRef(new Set<string>());
  const id = plan?.id ?? "";
  const digest = plan?.result_sha256 ?? "";
  const required = plan?.required_views;
  return useCallback(
    (key) => {
      const view = required?.find((one) => one.key === key);
      const mark = `${id} ${digest} ${key}`;
      if (view === undefined || view.viewed || told.current.has(mark)) return;
      told.current.add(mark);
      markViewed(id, digest, [key]).then(
        (required_views) =>
          client.setQueryData<Plan>(planKeys.one(id), (old) => old && { ...old, required_views }),
        (error: unknown) => {
          told.current.delete(mark);
          showToast({ tone: "danger", text: `Not noted as viewed: ${asProblem(error).message}` });
        },
      );
    },
    [client, id, digest, required],
  );
}

export function useDecision(plan: Plan) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wish: DecisionWish) => decide(plan.id, wish, idempotencyKey()),
    onSuccess: async (decided) => {
      client.setQueryData(planKeys.one(plan.id), decided);
      await client.invalidateQueries({ queryKey: planKeys.ofStudy(plan.study_uid) });
      await client.invalidateQueries({ queryKey: planKeys.charts });
    },
  });
}

/** Keeps a structure that was drawn, as a structure set of the study. */
export function useSaveStructure(studyUid: string) {
  const client = useQueryClient();
  return useCallback(
    async (series_uid: string, drawn: DrawnStructure): Promise<boolean> => {
      const body = {
        series_uid,
        label: "DRAWN",
        structures: [{ ...drawn, colour: [...drawn.colour] }],
      };
      try {
        await saveStructures(studyUid, body, idempotencyKey());
      } catch (error) {
        showToast({ tone: "danger", text: `Not saved: ${asProblem(error).message}` });
        return false;
      }
      showToast({ tone: "good", text: `${drawn.name} is saved; it is listed in some seconds.` });
      await client.invalidateQueries({ queryKey: studyKeys.detail(studyUid) });
      return true;
    },
    [client, studyUid],
  );
}
