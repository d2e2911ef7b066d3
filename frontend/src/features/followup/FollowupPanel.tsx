import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import tabs from "./Tabs.module.css";

export type FollowupTab = "change" | "prediction" | "record";

interface FollowupPanelProps {
  tab: FollowupTab;
  onTab: (tab: FollowupTab) => void;
  change: ReactNode;
  prediction: ReactNode;
  record: ReactNode;
}

export function FollowupPanel({ tab, onTab, change, prediction, record }: FollowupPanelProps) {
  return (
    <Tabs.Root
      value={tab}
      onValueChange={(value) => onTab(value as FollowupTab)}
      className={tabs.root}
    >
      <Tabs.List className={tabs.list} aria-label="Parts of the follow-up">
        <Tabs.Trigger value="change" className={tabs.tab}>
          Change
        </Tabs.Trigger>
        <Tabs.Trigger value="prediction" className={tabs.tab}>
          Prediction
        </Tabs.Trigger>
        <Tabs.Trigger value="record" className={tabs.tab}>
          Track record
        </Tabs.Trigger>
      </Tabs.List>
      <Tabs.Content value="change" className={tabs.content}>
        {change}
      </Tabs.Content>
      <Tabs.Content value="prediction" className={tabs.content}>
        {prediction}
      </Tabs.Content>
      <Tabs.Content value="record" className={tabs.content}>
        {record}
      </Tabs.Content>
    </Tabs.Root>
  );
}
