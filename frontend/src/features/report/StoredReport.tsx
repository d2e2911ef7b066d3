import { useQuery } from "@tanstack/react-query";
import { FileText } from "lucide-react";
import { useState } from "react";
import { instanceKeys, readHeader } from "@/api/instances";
import { Badge } from "@/ui/Badge";
import { Dialog } from "@/ui/Dialog";
import { AiMadeBadge } from "@/ui/marks";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { type ContentItem, contentTree, reportMarks } from "./reportTree";
import styles from "./StoredReport.module.css";

function Tree({ items }: { items: readonly ContentItem[] }) {
  return (
    <ul className={styles.tree}>
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a stored report does not change
        <li key={index}>
          <span className={styles.name}>{item.name}</span> {item.value}
          {item.children.length > 0 && <Tree items={item.children} />}
        </li>
      ))}
    </ul>
  );
}

function ReportDialog({
  sopInstanceUid,
  onClose,
}: {
  sopInstanceUid: string;
  onClose: () => void;
}) {
  const header = useQuery({
    queryKey: instanceKeys.header(sopInstanceUid),
    queryFn: () => readHeader(sopInstanceUid),
  });
  const marks = header.data && reportMarks(header.data);
  return (
    <Dialog open wide onClose={onClose} title="Structured report in the archive">
      {header.isPending && <Spinner />}
      {header.isError && <ProblemNotice error={header.error} />}
      {marks !== undefined && (
        <div className={styles.marks}>
          <AiMadeBadge />
          <Badge tone="caution" title="Completion flag (0040,A491)">
            {marks.completion}
          </Badge>
          <Badge tone="caution" title="Verification flag (0040,A493)">
            {marks.verification}
          </Badge>
          <code className={styles.uid}>{sopInstanceUid}</code>
        </div>
      )}
      {header.data && <Tree items={contentTree(header.data)} />}
    </Dialog>
  );
}

/** The DICOM object that holds the draft, to be looked at as it was stored. */
export function StoredReport({ sopInstanceUid }: { sopInstanceUid: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className={styles.link} onClick={() => setOpen(true)}>
        <FileText aria-hidden />
        Stored in the archive as a structured report
      </button>
      {open && <ReportDialog sopInstanceUid={sopInstanceUid} onClose={() => setOpen(false)} />}
    </>
  );
}
