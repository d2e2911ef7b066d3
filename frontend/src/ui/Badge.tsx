import type { ReactNode } from "react";
import styles from "./Badge.module.css";
import { cx } from "./cx";

type Tone = "neutral" | "ai" | "caution" | "danger" | "good" | "accent";

interface BadgeProps {
  tone?: Tone;
  icon?: ReactNode;
  title?: string;
  children: ReactNode;
}

export function Badge({ tone = "neutral", icon, title, children }: BadgeProps) {
  return (
    <span className={cx(styles.badge, styles[tone])} title={title}>
      {icon}
      {children}
    </span>
  );
}
