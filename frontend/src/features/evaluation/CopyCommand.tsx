import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/Button";
import { showToast } from "@/ui/toasts";
import styles from "./Evaluation.module.css";

/** A command to run again, and a button that copies it. */
export function CopyCommand({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      showToast({ tone: "danger", text: "The browser did not allow copying. Select the text." });
    }
  }

  return (
    <div className={styles.command}>
      <code>{text}</code>
      <Button
        small
        icon={copied ? <Check /> : <Copy />}
        aria-label={`Copy ${label}`}
        onClick={() => void copy()}
      >
        {copied ? "Copied" : "Copy"}
      </Button>
    </div>
  );
}
