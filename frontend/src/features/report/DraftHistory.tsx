import { useQuery } from "@tanstack/react-query";
import { draftKeys, listVersions } from "@/api/drafts";
import type { DraftVersion } from "@/api/types";
import { Dialog } from "@/ui/Dialog";
import { count } from "@/ui/format";
import { Instant } from "@/ui/Instant";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import styles from "./DraftHistory.module.css";
import { differences } from "./draftModel";

/** What one version changed in the one before it. */
function Changes({ version, before }: { version: DraftVersion; before: DraftVersion }) {
  const rows = differences(version.sentences, before.sentences);
  if (rows.length === 0) return <p className={styles.same}>The sentences read the same.</p>;
  return (
    <ul className={styles.changes}>
      {rows.map(({ id, mine, theirs }) => (
        <li key={id}>
          {theirs !== null && <del>{theirs}</del>}
          {mine !== null && <ins>{mine}</ins>}
        </li>
      ))}
    </ul>
  );
}

function VersionEntry({ version, before }: { version: DraftVersion; before: DraftVersion | null }) {
  const sentences = version.sentences.filter((sentence) => !sentence.removed).length;
  return (
    <li className={styles.version}>
      <h3 className={styles.heading}>
        Version {version.version}
        <span>
          {version.author ?? "Written by the model"} · <Instant at={version.created_at} />
        </span>
      </h3>
      {before === null ? (
        <p className={styles.same}>{count(sentences, "sentence")}</p>
      ) : (
        <Changes version={version} before={before} />
      )}
      {version.sr_sop_instance_uid !== "" && (
        <p className={styles.same} title={version.sr_sop_instance_uid}>
          Stored in the archive
        </p>
      )}
    </li>
  );
}

interface DraftHistoryProps {
  draftId: string;
  newest: number;
  onClose: () => void;
}

/** Who changed the draft, when, and what: every version is kept. */
export function DraftHistory({ draftId, newest, onClose }: DraftHistoryProps) {
  const versions = useQuery({
    queryKey: draftKeys.versions(draftId, newest),
    queryFn: () => listVersions(draftId),
  });
  const rows = versions.data?.results ?? [];
  return (
    <Dialog open wide onClose={onClose} title="History of this draft">
      {versions.isPending && <Spinner />}
      {versions.isError && (
        <ProblemNotice error={versions.error} onRetry={() => void versions.refetch()} />
      )}
      <ol className={styles.versions} aria-label="Versions">
        {rows.map((version, at) => (
          <VersionEntry key={version.version} version={version} before={rows[at + 1] ?? null} />
        ))}
      </ol>
    </Dialog>
  );
}
