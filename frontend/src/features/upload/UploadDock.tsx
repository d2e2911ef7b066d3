import { useQueryClient } from "@tanstack/react-query";
import { ChevronDown, ChevronUp, X } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { useNavigate } from "react-router";
import { studyKeys } from "@/api/studies";
import { Button, IconButton } from "@/ui/Button";
import { bytes, count } from "@/ui/format";
import { Progress } from "@/ui/Progress";
import { showToast } from "@/ui/toasts";
import styles from "./Upload.module.css";
import { dismissUpload, stopUpload, type Upload, uploadStore } from "./uploads";

function headline(upload: Upload): string {
  if (upload.state === "stopped") return "Upload stopped";
  if (upload.state === "done") {
    return upload.stored > 0 ? `Stored ${count(upload.stored, "file")}` : "Nothing was stored";
  }
  const allSent = upload.sent >= upload.bytes;
  return allSent ? "Storing…" : `Uploading ${count(upload.files, "file")}`;
}

/** A message when an upload ends, with the way to what arrived. */
function useFinishedToast(): void {
  const navigate = useNavigate();
  const client = useQueryClient();
  useEffect(
    () =>
      uploadStore.onFinished((finished) => {
        void client.invalidateQueries({ queryKey: studyKeys.all });
        const [only, another] = finished.studies;
        if (only === undefined) return;
        const text =
          another === undefined
            ? `Stored ${count(finished.stored, "file")} of one study.`
            : `Stored ${count(finished.stored, "file")} of ${finished.studies.length} studies.`;
        const run = () => navigate(another === undefined ? `/studies/${only}` : "/");
        showToast({ tone: "good", text, action: { label: "Open", run } });
        if (finished.refused.length === 0 && finished.state === "done") dismissUpload();
      }),
    [navigate, client],
  );
}

function RefusedList({ upload }: { upload: Upload }) {
  const [open, setOpen] = useState(true);
  const { refused } = upload;
  if (refused.length === 0) return null;
  return (
    <div>
      <button
        type="button"
        className={styles.disclosure}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {open ? <ChevronDown aria-hidden /> : <ChevronUp aria-hidden />}
        {count(refused.length, "file")} refused
      </button>
      {open && (
        <ul className={styles.refused}>
          {refused.map(({ name, reason }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: names repeat and the list only grows
            <li key={index}>
              <span className={styles.file}>{name}</span>
              <span>{reason}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

export function UploadDock() {
  const upload = useSyncExternalStore(uploadStore.listen, uploadStore.read);
  useFinishedToast();
  if (upload === null) return null;
  const sending = upload.state === "sending";
  const fraction = upload.bytes === 0 ? null : upload.sent / upload.bytes;
  return (
    <section className={styles.dock} aria-label="Upload">
      <header className={styles.dockHead}>
        <strong role="status">{headline(upload)}</strong>
        {sending ? (
          <Button small onClick={stopUpload}>
            Stop
          </Button>
        ) : (
          <IconButton label="Close" onClick={dismissUpload}>
            <X />
          </IconButton>
        )}
      </header>
      {sending && <Progress fraction={fraction} label="Bytes sent" />}
      <p className={styles.amounts}>
        {bytes(upload.sent)} of {bytes(upload.bytes)} · {upload.filesDone.toLocaleString("en")} of{" "}
        {count(upload.files, "file")} answered
      </p>
      {upload.state === "stopped" && upload.stored > 0 && (
        <p className={styles.amounts}>{count(upload.stored, "file")} had been stored and stay.</p>
      )}
      <RefusedList upload={upload} />
    </section>
  );
}
