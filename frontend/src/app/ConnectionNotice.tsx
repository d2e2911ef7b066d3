import { WifiOff } from "lucide-react";
import { useEffect, useState } from "react";
import { useConnection } from "@/live/react";
import styles from "./Connection.module.css";

// A short break (a server restart, a lid closed) heals itself; only longer ones are worth a line.
const QUIET_MS = 4000;

/** A line under the bar while what is on screen may be out of date. */
export function ConnectionNotice() {
  const connection = useConnection();
  const down = connection === "connecting" || connection === "offline";
  const [shown, setShown] = useState(false);

  useEffect(() => {
    if (!down) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, [down]);

  if (!shown) return null;
  return (
    <div className={styles.notice} role="status">
      <WifiOff aria-hidden />
      {connection === "offline"
        ? "You are offline. What you see may be out of date; nothing is lost."
        : "Reconnecting to Synoptic… Jobs keep running on the server."}
    </div>
  );
}
