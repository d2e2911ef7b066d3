import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Target } from "lucide-react";
import { useState } from "react";
import { ARRIVING_MS, isArriving, jobKeys, pipelineKeys, readEligibility } from "@/api/jobs";
import { useMay } from "@/api/me";
import { createPlan, type PlanBrief, planKeys } from "@/api/planning";
import type { StudyDetail } from "@/api/types";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/cx";
import fields from "@/ui/Field.module.css";
import { Notice, ProblemNotice } from "@/ui/Notice";
import { idempotencyKey } from "@/ui/randomKeys";
import {
  beamsText,
  gaps,
  given,
  isSyntheticCt,
  mrImages,
  type PlanInputs,
  planningImages,
  readAngles,
  sameFrame,
  stillArriving,
  structureSets,
  suggested,
  withBeams,
} from "./inputs";
import styles from "./Panels.module.css";
import { SeriesSelect } from "./SeriesSelect";
import { useTemplates } from "./usePlans";

interface StartPlanProps {
  study: StudyDetail;
  inputs: PlanInputs;
  onInputs: (inputs: PlanInputs) => void;
  /** Names of the regions of the chosen structure set, as far as they have been read. */
  regions: readonly string[];
  predecessor: string | null;
  onStarted: (plan: PlanBrief) => void;
}

/** Chooses image, structures, target and template, and starts the planning. */
export function StartPlan(props: StartPlanProps) {
  const { study, inputs, onInputs, regions } = props;
  const client = useQueryClient();
  const mayPlan = useMay("plan.run");
  const templates = useTemplates();
  const [template, setTemplate] = useState("");
  const [target, setTarget] = useState("");
  const [angles, setAngles] = useState("");
  const [key, setKey] = useState(idempotencyKey);
  const chosen = template || (templates.data?.[0]?.id ?? "");
  const body = templates.data?.find(({ id }) => id === chosen)?.body;
  const beams = readAngles(angles);
  const images = planningImages(study.series);
  const image = images.find(({ series_uid }) => series_uid === inputs.image);
  const near = sameFrame(study.series, image);
  const fits = useQuery({
    queryKey: [...pipelineKeys.eligibility("plan_photons", inputs.image), image?.instance_count],
    queryFn: () => readEligibility("plan_photons", inputs.image),
    enabled: image !== undefined,
    refetchInterval: (query) => isArriving(query.state.data) && ARRIVING_MS,
  });
  const start = useMutation({
    mutationFn: () =>
      createPlan(
        {
          template: chosen,
          body: withBeams(body, beams ?? []),
          inputs: given(inputs),
          target_roi: target,
          predecessor: props.predecessor,
        },
        key,
      ),
    onSuccess: async (plan) => {
      setKey(idempotencyKey());
      props.onStarted(plan);
      await client.invalidateQueries({ queryKey: planKeys.ofStudy(study.study_uid) });
      await client.invalidateQueries({ queryKey: jobKeys.all });
    },
  });

  function change(next: Partial<PlanInputs>): void {
    onInputs({ ...inputs, ...next });
    setKey(idempotencyKey());
    start.reset();
  }

  if (images.length === 0) {
    return (
      <Notice title="There is no CT to plan on">
        Make a synthetic CT from an MR series above, or send a CT to this study.
      </Notice>
    );
  }
  const missing = gaps(inputs, chosen);
  const arriving = stillArriving(study.series, inputs);
  if (beams === null) missing.push("Give up to 15 different gantry angles from 0 to 359°.");
  const maps = near.filter(({ kind }) => kind !== "rtstruct" && kind !== "seg" && kind !== "sr");
  return (
    <section className={styles.block} aria-label="New plan">
      <h3>{props.predecessor === null ? "New plan" : "Plan again"}</h3>
      <div className={styles.fields}>
        <SeriesSelect
          label="Image to plan on"
          series={images}
          value={inputs.image}
          isWide
          onChange={(uid) => {
            onInputs(suggested(study.series, uid));
            setKey(idempotencyKey());
          }}
        />
        <SeriesSelect
          label="Structure set with the target"
          series={structureSets(study.series)}
          value={inputs.structures}
          onChange={(structures) => {
            change({ structures });
            setTarget("");
          }}
        />
        <SeriesSelect
          label="Second structure set (body)"
          series={structureSets(study.series)}
          value={inputs.structures2}
          isOptional
          onChange={(structures2) => change({ structures2 })}
        />
        <label className={fields.label}>
          Target region
          <select
            className={fields.select}
            value={target}
            onChange={(event) => {
              setTarget(event.target.value);
              change({});
            }}
          >
            <option value="">First one named GTV, CTV or PTV</option>
            {regions.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label className={fields.label}>
          Template
          <select
            className={fields.select}
            value={chosen}
            onChange={(event) => {
              setTemplate(event.target.value);
              change({});
            }}
          >
            {(templates.data ?? []).map((one) => (
              <option key={one.id} value={one.id}>
                {one.name} (version {one.version})
              </option>
            ))}
          </select>
        </label>
        <label className={cx(fields.label, styles.wide)}>
          Gantry angles in °, empty: those of the template
          <input
            className={fields.input}
            value={angles}
            placeholder={beamsText(body)}
            onChange={(event) => {
              setAngles(event.target.value);
              change({});
            }}
          />
        </label>
        {image !== undefined && isSyntheticCt(image) && (
          <>
            <SeriesSelect
              label="Reference CT"
              series={planningImages(near).filter((one) => !one.ai_generated)}
              value={inputs.reference}
              isOptional
              onChange={(reference) => change({ reference })}
            />
            <SeriesSelect
              label="MR that it was made from"
              series={mrImages(near)}
              value={inputs.mr}
              isOptional
              onChange={(mr) => change({ mr })}
            />
            <SeriesSelect
              label="5 % bound"
              series={maps}
              value={inputs.lower}
              isOptional
              onChange={(lower) => change({ lower })}
            />
            <SeriesSelect
              label="95 % bound"
              series={maps}
              value={inputs.upper}
              isOptional
              onChange={(upper) => change({ upper })}
            />
          </>
        )}
      </div>
      {fits.data?.ok === false && (
        <Notice tone="caution" title="This image does not fit">
          <ul>
            {fits.data.reasons.map(({ code, message }) => (
              <li key={code}>{message}</li>
            ))}
          </ul>
        </Notice>
      )}
      {templates.isError && (
        <ProblemNotice error={templates.error} onRetry={() => void templates.refetch()} />
      )}
      {missing.length > 0 && (
        <ul className={styles.quiet}>
          {missing.map((gap) => (
            <li key={gap}>{gap}</li>
          ))}
        </ul>
      )}
      {arriving && (
        <p className={styles.quiet} role="status">
          A chosen series is still being stored. Planning can begin in some seconds.
        </p>
      )}
      {!mayPlan && <Notice title="Your role does not allow planning." />}
      {start.isError && <ProblemNotice error={start.error} />}
      <div className={styles.actions}>
        <Button
          variant="primary"
          icon={<Target />}
          disabled={
            !mayPlan || missing.length > 0 || arriving || fits.data?.ok === false || start.isPending
          }
          onClick={() => start.mutate()}
        >
          {start.isPending ? "Starting…" : "Plan"}
        </Button>
      </div>
    </section>
  );
}
