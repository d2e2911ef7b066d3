import { FileUp } from "lucide-react";
import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { asProblem } from "@/api/problem";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { count } from "@/ui/format";
import { Notice } from "@/ui/Notice";
import styles from "./Evaluation.module.css";
import type { ImportOutcome, useImport } from "./useEvaluations";

type Import = ReturnType<typeof useImport>;

const hasFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");

/** Takes evaluation.json files that are dropped anywhere on the page, before the window takes them
 * for images. */
export function ImportArea({ taking, children }: { taking: Import | null; children: ReactNode }) {
  const depth = useRef(0);
  const [over, setOver] = useState(false);

  function moved(event: DragEvent, by: number): void {
    if (taking === null || !hasFiles(event)) return;
    event.stopPropagation();
    depth.current += by;
    setOver(depth.current > 0);
  }

  function dropped(event: DragEvent): void {
    if (taking === null || !hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    depth.current = 0;
    setOver(false);
    taking.mutate([...event.dataTransfer.files]);
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button beside it does the same
    <div
      className={cx(styles.area, over && styles.over)}
      onDragEnter={(event) => moved(event, 1)}
      onDragLeave={(event) => moved(event, -1)}
      onDragOver={(event) => {
        if (taking === null || !hasFiles(event)) return;
        event.preventDefault();
        event.stopPropagation();
      }}
      onDrop={dropped}
    >
      {children}
    </div>
  );
}

export function ImportButton({ taking }: { taking: Import }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button
        variant="primary"
        icon={<FileUp />}
        disabled={taking.isPending}
        onClick={() => input.current?.click()}
      >
        {taking.isPending ? "Importing…" : "Import evaluation.json"}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        multiple
        hidden
        aria-label="Evaluation files"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          // The same file chosen again must count as a change.
          event.target.value = "";
          if (files.length > 0) taking.mutate(files);
        }}
      />
    </>
  );
}

export function ImportResult({ outcomes }: { outcomes: readonly ImportOutcome[] }) {
  const refused = outcomes.filter(({ error }) => error !== null);
  const known = outcomes.filter(({ error, isNew }) => error === null && !isNew);
  const fresh = outcomes.length - refused.length - known.length;
  return (
    <div className={styles.outcome} role="status">
      {(fresh > 0 || known.length > 0) && (
        <Notice>
          {[
            fresh > 0 && `${count(fresh, "evaluation")} imported.`,
            known.length > 0 && `${count(known.length, "file")} known already.`,
          ]
            .filter(Boolean)
            .join(" ")}
        </Notice>
      )}
      {refused.map(({ file, error }) => (
        <Notice key={file} tone="danger" title={`${file} was not imported`}>
          <p>{asProblem(error).message}</p>
        </Notice>
      ))}
    </div>
  );
}
