import { Unlink } from "lucide-react";
import styles from "./Unlinked.module.css";

/** Marks a sentence that nothing in the images was found to support. */
export function Unlinked({ reason }: { reason: string | null }) {
  return (
    <span className={styles.mark}>
      <Unlink aria-hidden />
      Not linked to the images{reason ? `: ${reason}` : ""}
    </span>
  );
}
