import { Download, Lock, LockOpen } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/api/me";
import { exportAddress, type Plan } from "@/api/planning";
import { Badge } from "@/ui/Badge";
import fields from "@/ui/Field.module.css";
import styles from "./Panels.module.css";
import { stateTitle } from "./planModel";
import { useProfiles } from "./usePlans";

/** The DICOM objects for a planning system; locked until a physicist approves. */
export function ExportBlock({ plan }: { plan: Plan }) {
  const mayExport = useMay("plan.export");
  const [profile, setProfile] = useState("");
  const profiles = useProfiles();
  const about = profiles.data?.find(({ name }) => name === profile)?.about;
  const lock = plan.unlocked ? (
    <Badge tone="good" icon={<LockOpen aria-hidden />}>
      Unlocked
    </Badge>
  ) : (
    <Badge tone="caution" icon={<Lock aria-hidden />}>
      Locked
    </Badge>
  );
  return (
    <section className={styles.block} aria-label="Export">
      <h3>Export {lock}</h3>
      <p className={styles.quiet}>
        CT, structures, plan and dose as DICOM, with who approved them. Research use: not for
        treatment.
      </p>
      <label className={fields.label}>
        Made for
        <select
          className={fields.select}
          value={profile}
          onChange={(event) => setProfile(event.target.value)}
        >
          <option value="">Any planning system, not checked</option>
          {(profiles.data ?? []).map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      {about !== undefined && <p className={styles.quiet}>{about}</p>}
      {plan.unlocked && mayExport ? (
        <a className={styles.download} href={exportAddress(plan.id, profile)} download>
          <Download aria-hidden />
          Download as ZIP
        </a>
      ) : (
        <p className={styles.quiet}>{whyLocked(plan, mayExport)}</p>
      )}
    </section>
  );
}

function whyLocked(plan: Plan, mayExport: boolean): string {
  if (plan.unlocked && !mayExport) return "Your role does not export plans.";
  return `Export is locked: the plan is “${stateTitle(plan.state).toLowerCase()}”. It opens when a physicist approves the plan.`;
}
