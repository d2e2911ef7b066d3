import { ChevronRight } from "lucide-react";
import { Collapsible } from "radix-ui";
import { type ReactNode, useState } from "react";
import styles from "./Disclosure.module.css";

interface DisclosureProps {
  title: string;
  amount?: number;
  /** Whether it is open as long as the reader has not decided. */
  open: boolean;
  children: ReactNode;
}

export function Disclosure({ title, amount, open, children }: DisclosureProps) {
  const [chosen, setChosen] = useState<boolean | null>(null);
  return (
    <Collapsible.Root open={chosen ?? open} onOpenChange={setChosen} className={styles.root}>
      <Collapsible.Trigger className={styles.trigger}>
        <ChevronRight aria-hidden />
        {title}
        {amount !== undefined && <span className={styles.amount}>{amount}</span>}
      </Collapsible.Trigger>
      <Collapsible.Content className={styles.content}>{children}</Collapsible.Content>
    </Collapsible.Root>
  );
}
