import { useQueryClient } from "@tanstack/react-query";
import { Tabs } from "radix-ui";
import { type Plan, type PlanBrief, planKeys } from "@/api/planning";
import { studyKeys } from "@/api/studies";
import type { Job, StudyDetail } from "@/api/types";
import { JobProgress } from "@/running/JobProgress";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import fields from "@/ui/Field.module.css";
import { instant } from "@/ui/format";
import { Notice, ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { ChecksPanel } from "./ChecksPanel";
import { ControlChartPanel } from "./ControlChartPanel";
import { DecisionPanel } from "./DecisionPanel";
import { mrImages, type PlanInputs } from "./inputs";
import { MakeSyntheticCt } from "./MakeSyntheticCt";
import { ObjectiveProgress } from "./ObjectiveProgress";
import styles from "./Panels.module.css";
import { PlanResultView } from "./PlanResultView";
import { stateTitle } from "./planModel";
import { StartPlan } from "./StartPlan";
import tabs from "./Tabs.module.css";
import type { usePlan } from "./usePlans";

/** In the place of a plan's id: a new one is being prepared. */
export const NEW_PLAN = "new";

interface PlanningPanelProps {
  study: StudyDetail;
  jobs: readonly Job[];
  plans: readonly PlanBrief[];
  /** The chosen plan's id, or `NEW_PLAN`. */
  chosen: string;
  onChoose: (id: string) => void;
  plan: ReturnType<typeof usePlan>;
  onSeen: (key: string) => void;
  inputs: PlanInputs;
  onInputs: (inputs: PlanInputs) => void;
  regions: readonly string[];
}

export function PlanningPanel(props: PlanningPanelProps) {
  const { plans, chosen, onChoose } = props;
  return (
    <div className={tabs.root}>
      <div className={tabs.bar}>
        <select
          className={fields.select}
          aria-label="Plan"
          value={chosen}
          onChange={(event) => onChoose(event.target.value)}
        >
          <option value={NEW_PLAN}>New plan…</option>
          {plans.map((plan) => (
            <option key={plan.id} value={plan.id}>
              {instant(plan.created_at)} – {plan.template.name} –{" "}
              {stateTitle(plan.state).toLowerCase()}
            </option>
          ))}
        </select>
      </div>
      {chosen === NEW_PLAN ? <NewPlan {...props} /> : <ChosenPlan {...props} />}
    </div>
  );
}

function NewPlan({ study, jobs, plans, inputs, onInputs, regions, onChoose }: PlanningPanelProps) {
  const synthesis = jobs.filter(({ pipeline }) => pipeline === "synthetic_ct");
  const newest = synthesis.toSorted((a, b) => b.created_at.localeCompare(a.created_at))[0];
  const last = plans[0];
  return (
    <div className={tabs.content}>
      <div className={styles.panel}>
        <MakeSyntheticCt
          studyUid={study.study_uid}
          images={mrImages(study.series)}
          running={newest ?? null}
        />
        <StartPlan
          study={study}
          inputs={inputs}
          onInputs={onInputs}
          regions={regions}
          predecessor={last?.state === "rejected" ? last.id : null}
          onStarted={(plan) => onChoose(plan.id)}
        />
      </div>
    </div>
  );
}

function ChosenPlan({ plan: query, onSeen, onChoose }: PlanningPanelProps) {
  if (query.isPending) return <Spinner label="Loading the plan…" />;
  if (query.data === undefined) {
    return <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />;
  }
  const plan = query.data;
  if (plan.result === null) return <Unfinished plan={plan} onAgain={() => onChoose(NEW_PLAN)} />;
  const open = plan.required_views.filter(({ viewed }) => !viewed).length;
  return (
    <Tabs.Root defaultValue="plan" className={tabs.tabs}>
      <Tabs.List className={tabs.list} aria-label="Parts of the plan">
        <Tab value="plan" title="Plan" />
        <Tab value="checks" title="Acceptance" amount={plan.checks.length} />
        <Tab value="decision" title="Decision and export" amount={open} />
        <Tab value="chart" title="Control chart" />
      </Tabs.List>
      <Tabs.Content value="plan" className={tabs.content}>
        <div className={styles.panel}>
          <PlanResultView plan={plan} onSeen={onSeen} />
        </div>
      </Tabs.Content>
      <Tabs.Content value="checks" className={tabs.content}>
        <ChecksPanel plan={plan} onSeen={onSeen} />
      </Tabs.Content>
      <Tabs.Content value="decision" className={tabs.content}>
        <DecisionPanel plan={plan} />
      </Tabs.Content>
      <Tabs.Content value="chart" className={tabs.content}>
        <ControlChartPanel checks={plan.checks} planId={plan.id} />
      </Tabs.Content>
    </Tabs.Root>
  );
}

function Tab({ value, title, amount }: { value: string; title: string; amount?: number }) {
  return (
    <Tabs.Trigger value={value} className={tabs.tab}>
      {title}
      {amount !== undefined && amount > 0 && <span className={tabs.amount}>{amount}</span>}
    </Tabs.Trigger>
  );
}

/** A plan on its way, or one that did not come to its end. */
function Unfinished({ plan, onAgain }: { plan: Plan; onAgain: () => void }) {
  const client = useQueryClient();
  const isOver = plan.state === "failed" || plan.state === "cancelled";
  const refresh = () => {
    void client.invalidateQueries({ queryKey: planKeys.one(plan.id) });
    void client.invalidateQueries({ queryKey: planKeys.ofStudy(plan.study_uid) });
    void client.invalidateQueries({ queryKey: studyKeys.detail(plan.study_uid) });
  };
  return (
    <div className={tabs.content}>
      <div className={styles.panel}>
        {plan.error !== null && (
          <Notice
            tone="danger"
            title="No plan was made"
            actions={
              <Button small onClick={onAgain}>
                Plan again
              </Button>
            }
          >
            {plan.error.user_message}
          </Notice>
        )}
        <JobProgress jobId={plan.job} doing="Planning" onChange={refresh}>
          {(projection) => <ObjectiveProgress projection={projection} />}
        </JobProgress>
        {isOver && plan.error === null && (
          <EmptyState
            title="This plan was stopped"
            actions={<Button onClick={onAgain}>Plan again</Button>}
          >
            Nothing of it can be reviewed.
          </EmptyState>
        )}
      </div>
    </div>
  );
}
