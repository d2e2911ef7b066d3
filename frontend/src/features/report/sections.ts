import type { Section } from "@/live/protocol";

export const SECTIONS: readonly { section: Section; title: string }[] = [
  { section: "findings", title: "Findings" },
  { section: "impression", title: "Impression" },
];
