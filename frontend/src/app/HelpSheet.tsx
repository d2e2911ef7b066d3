import { useEffect, useSyncExternalStore } from "react";
import { Dialog } from "@/ui/Dialog";
import { Kbd } from "@/ui/Kbd";
import { isTyping } from "@/ui/keys";
import { VIEWER_SHORTCUTS } from "@/viewer/shortcuts";
import styles from "./HelpSheet.module.css";
import { closeHelp, helpStore, openHelp } from "./help";

interface Row {
  keys: readonly string[];
  title: string;
}

const GENERAL: readonly Row[] = [
  { keys: ["?"], title: "This sheet" },
  { keys: ["Esc"], title: "Close a dialog or menu" },
];

const STUDY_LIST: readonly Row[] = [
  { keys: ["/"], title: "Search" },
  { keys: ["↑", "↓"], title: "Previous or next study" },
  { keys: ["Home", "End"], title: "First or last study" },
  { keys: ["Enter"], title: "Open the study" },
];

const REPORT: readonly Row[] = [
  { keys: ["Ctrl Z"], title: "Undo a change of the draft" },
  { keys: ["Ctrl Shift Z"], title: "Redo it" },
  { keys: ["Ctrl S"], title: "Save the draft now" },
  { keys: ["Enter"], title: "Add a sentence below" },
];

const VIEWER_GROUPS = [
  "Tools",
  "Window",
  "View",
  "Navigate",
  "Overlay",
  "Plan",
  "Follow-up",
] as const;

const KEY_NAMES: Record<string, string> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  PageUp: "Page ↑",
  PageDown: "Page ↓",
};

/** A key as it is printed on the keyboard. */
function keyName(key: string): string {
  return KEY_NAMES[key] ?? (/^[a-z]$/.test(key) ? key.toUpperCase() : key.replace("+", " "));
}

function Group({ title, rows }: { title: string; rows: readonly Row[] }) {
  return (
    <section className={styles.group}>
      <h3 className={styles.heading}>{title}</h3>
      <dl>
        {rows.map((row) => (
          <div className={styles.row} key={row.title}>
            <dt>{row.title}</dt>
            <dd className={styles.keys}>
              {row.keys.map((key) => (
                <Kbd key={key}>{keyName(key)}</Kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function HelpSheet() {
  const open = useSyncExternalStore(helpStore.listen, helpStore.read);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "?" && !isTyping(event)) openHelp();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  return (
    <Dialog open={open} onClose={closeHelp} title="Keyboard" wide>
      <div className={styles.columns}>
        <Group title="Everywhere" rows={GENERAL} />
        <Group title="Study list" rows={STUDY_LIST} />
        <Group title="Draft" rows={REPORT} />
        {VIEWER_GROUPS.map((group) => (
          <Group
            key={group}
            title={`Images: ${group.toLowerCase()}`}
            rows={VIEWER_SHORTCUTS.filter((shortcut) => shortcut.group === group)}
          />
        ))}
      </div>
      <p className={styles.note}>
        Synoptic drafts reports with models that make mistakes. Everything marked AI has been
        reviewed by nobody; times are shown in your own time zone, study dates as the scanner wrote
        them.
      </p>
    </Dialog>
  );
}
