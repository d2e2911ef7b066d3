import { FolderDown } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useMay } from "@/api/me";
import { showToast } from "@/ui/toasts";
import { fromDrop } from "./collectFiles";
import styles from "./Upload.module.css";
import { startUpload } from "./uploads";

const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;

async function take(transfer: DataTransfer, mayUpload: boolean): Promise<void> {
  if (!mayUpload) {
    showToast({ tone: "danger", text: "Your role does not allow uploading studies." });
    return;
  }
  const picked = await fromDrop(transfer);
  if (picked.length === 0) showToast({ tone: "info", text: "There were no files in that drop." });
  startUpload(picked);
}

/** True while files are dragged over the window; what is dropped is uploaded. */
function useDroppedFiles(mayUpload: boolean): boolean {
  const [over, setOver] = useState(false);
  // Enter and leave fire for every element that the pointer crosses.
  const depth = useRef(0);

  useEffect(() => {
    const moved = (by: number) => (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth.current += by;
      setOver(depth.current > 0);
    };
    const onEnter = moved(1);
    const onLeave = moved(-1);
    const onOver = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault();
    };
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      depth.current = 0;
      setOver(false);
      void take(event.dataTransfer, mayUpload);
    };
    window.addEventListener("dragenter", onEnter);
    window.addEventListener("dragleave", onLeave);
    window.addEventListener("dragover", onOver);
    window.addEventListener("drop", onDrop);
    return () => {
      window.removeEventListener("dragenter", onEnter);
      window.removeEventListener("dragleave", onLeave);
      window.removeEventListener("dragover", onOver);
      window.removeEventListener("drop", onDrop);
    };
  }, [mayUpload]);

  return over;
}

/** The whole window takes dropped files, folders and zips, on every page. */
export function UploadCurtain() {
  const mayUpload = useMay("study.upload");
  const over = useDroppedFiles(mayUpload);
  if (!over) return null;
  return (
    <div className={styles.curtain}>
      <div className={styles.target}>
        <FolderDown aria-hidden />
        <strong>{mayUpload ? "Drop to upload" : "You may not upload"}</strong>
        <span>DICOM files, folders or a zip</span>
      </div>
    </div>
  );
}
