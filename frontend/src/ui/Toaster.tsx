import { CircleAlert, CircleCheck, Info, X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { Button, IconButton } from "./Button";
import { cx } from "./cx";
import styles from "./Toaster.module.css";
import { dismissToast, type Toast, toastStore } from "./toasts";

const ICONS = { good: CircleCheck, danger: CircleAlert, info: Info } as const;

function ToastCard({ toast }: { toast: Toast }) {
  const Icon = ICONS[toast.tone];
  const { action } = toast;
  return (
    <li className={cx(styles.toast, styles[toast.tone])}>
      <Icon className={styles.icon} aria-hidden />
      <div className={styles.text}>{toast.text}</div>
      {action !== undefined && (
        <Button
          small
          onClick={() => {
            action.run();
            dismissToast(toast.id);
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton label="Dismiss" onClick={() => dismissToast(toast.id)}>
        <X />
      </IconButton>
    </li>
  );
}

export function Toaster() {
  const toasts = useSyncExternalStore(toastStore.listen, toastStore.read);
  return (
    <section aria-label="Notices" aria-live="polite" className={styles.region}>
      <ul className={styles.list}>
        {toasts.map((toast) => (
          <ToastCard key={toast.id} toast={toast} />
        ))}
      </ul>
    </section>
  );
}
