import type { Connection } from "@/live/client";
import { useConnection } from "@/live/react";
import { cx } from "@/ui/cx";
import styles from "./Connection.module.css";

const TITLES: Record<Connection, string> = {
  live: "Live: changes appear by themselves",
  connecting: "Connecting…",
  polling: "Live connection blocked: changes appear with a delay",
  offline: "Offline",
};

export function ConnectionDot() {
  const connection = useConnection();
  return (
    <span role="status" className={styles.dot} title={TITLES[connection]}>
      <span className={cx(styles.point, styles[connection])} aria-hidden />
      <span className="visually-hidden">{TITLES[connection]}</span>
    </span>
  );
}
