import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Sparkles } from "lucide-react";
import { useState } from "react";
import { ARRIVING_MS, isArriving, jobKeys, pipelineKeys, readEligibility } from "@/api/jobs";
import { useMay } from "@/api/me";
import { createSyntheticCt, type SctSite } from "@/api/planning";
import { studyKeys } from "@/api/studies";
import type { Job, Series } from "@/api/types";
import { JobProgress } from "@/running/JobProgress";
import { Button } from "@/ui/Button";
import fields from "@/ui/Field.module.css";
import { Notice, ProblemNotice } from "@/ui/Notice";
import { idempotencyKey } from "@/ui/randomKeys";
import styles from "./Panels.module.css";

const PIPELINE = "synthetic_ct";

const SITES: readonly { value: SctSite; title: string }[] = [
  { value: "auto", title: "Found from the image" },
  { value: "extremity", title: "Extremity" },
  { value: "head", title: "Head" },
];

interface MakeSyntheticCtProps {
  studyUid: string;
  images: readonly Series[];
  /** The newest run that made or makes a synthetic CT of this study. */
  running: Job | null;
}

/** Makes a CT from an MR series, so that a plan can be calculated where there is none. */
export function MakeSyntheticCt({ studyUid, images, running }: MakeSyntheticCtProps) {
  const client = useQueryClient();
  const mayRun = useMay("job.run");
  const [picked, setPicked] = useState("");
  const [site, setSite] = useState<SctSite>("auto");
  const [samples, setSamples] = useState(0);
  const [started, setStarted] = useState<string | null>(null);
  // One key for one wish: a second click or a repeated request is the same job.
  const [key, setKey] = useState(idempotencyKey);
  const image = images.find(({ series_uid }) => series_uid === picked) ?? images[0];
  const uid = image?.series_uid ?? "";
  const fits = useQuery({
    queryKey: [...pipelineKeys.eligibility(PIPELINE, uid), image?.instance_count],
    queryFn: () => readEligibility(PIPELINE, uid),
    enabled: image !== undefined,
    refetchInterval: (query) => isArriving(query.state.data) && ARRIVING_MS,
  });
  const make = useMutation({
    mutationFn: () => createSyntheticCt({ image: uid, site, samples }, key),
    onSuccess: (job) => {
      setStarted(job.id);
      setKey(idempotencyKey());
      void client.invalidateQueries({ queryKey: jobKeys.all });
    },
  });
  const jobId = started ?? running?.id ?? null;

  function change(act: () => void): void {
    act();
    setKey(idempotencyKey());
    make.reset();
  }

  if (image === undefined) {
    return (
      <Notice title="There is no MR to make a synthetic CT from">
        Send an MR series to this study, or plan on a CT that it has.
      </Notice>
    );
  }
  return (
    <section className={styles.block} aria-label="Synthetic CT">
      <h3>Synthetic CT from MR</h3>
      <p className={styles.lead}>
        A model writes a CT in HU with its 5 % and 95 % bounds. It is AI-made: look at it before you
        plan on it.
      </p>
      <div className={styles.fields}>
        <label className={fields.label}>
          MR series
          <select
            className={fields.select}
            value={uid}
            onChange={(event) => change(() => setPicked(event.target.value))}
          >
            {images.map((one) => (
              <option key={one.series_uid} value={one.series_uid}>
                {one.description || `Series ${one.number ?? ""}`}
              </option>
            ))}
          </select>
        </label>
        <label className={fields.label}>
          Site
          <select
            className={fields.select}
            value={site}
            onChange={(event) => change(() => setSite(event.target.value as SctSite))}
          >
            {SITES.map(({ value, title }) => (
              <option key={value} value={value}>
                {title}
              </option>
            ))}
          </select>
        </label>
        {site !== "head" && (
          <label className={fields.label}>
            Alternatives (limbs)
            <select
              className={fields.select}
              value={samples}
              onChange={(event) => change(() => setSamples(Number(event.target.value)))}
            >
              <option value={0}>None</option>
              {[1, 2, 3, 4].map((count) => (
                <option key={count} value={count}>
                  {count} drawn by the flow
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      {fits.data?.ok === false && (
        <Notice tone="caution" title="This series does not fit">
          <ul>
            {fits.data.reasons.map(({ code, message }) => (
              <li key={code}>{message}</li>
            ))}
          </ul>
        </Notice>
      )}
      {fits.isError && <ProblemNotice error={fits.error} onRetry={() => void fits.refetch()} />}
      {!mayRun && <Notice title="Your role does not allow starting jobs." />}
      {make.isError && <ProblemNotice error={make.error} />}
      <div className={styles.actions}>
        <Button
          icon={<Sparkles />}
          disabled={!mayRun || fits.data?.ok !== true || make.isPending}
          onClick={() => make.mutate()}
        >
          {make.isPending ? "Starting…" : "Make synthetic CT"}
        </Button>
      </div>
      {jobId !== null && (
        <JobProgress
          key={jobId}
          jobId={jobId}
          doing="Making the synthetic CT"
          onChange={() => {
            void client.invalidateQueries({ queryKey: studyKeys.detail(studyUid) });
          }}
        />
      )}
    </section>
  );
}
