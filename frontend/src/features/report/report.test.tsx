import { fireEvent, render, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import type { Message } from "@/live/protocol";
import type { Evidence } from "@/viewer/types";
import { StreamingText } from "./StreamingText";

const HIPPOCAMPUS: Evidence = {
  structure: "Left-Hippocampus",
  label: 17,
  series_uid: "1.2",
  sop_instance_uid: null,
  slice_index: 41,
  point_lps: [1, 2, 3],
  segment_number: null,
};

function message(changes: Partial<Message>): Message {
  return {
    message: "m1",
    kind: "sentence",
    section: "findings",
    text: "The left hippocampus measures 3.8 ml.",
    state: "done",
    evidence: [HIPPOCAMPUS],
    linked: true,
    reason: null,
    ...changes,
  };
}

function show(those: Message[], running: boolean, onFocus = vi.fn()) {
  render(<StreamingText messages={those} running={running} focused={null} onFocus={onFocus} />);
  return onFocus;
}

describe("sentences as they are written", () => {
  it("lead to the images they can be checked in", () => {
    const onFocus = show([message({})], false);
    fireEvent.click(screen.getByRole("button", { name: "Left hippocampus · slice 42" }));
    expect(onFocus).toHaveBeenCalledWith(HIPPOCAMPUS);
  });

  it("are marked, with the reason, where nothing supports them", () => {
    show([message({ linked: false, reason: "no measurement", evidence: [] })], false);
    expect(screen.getByText(/Not linked to the images: no measurement/)).toBeTruthy();
  });

  it("say that they were cut off when the job ended in their middle", () => {
    show([message({ state: "streaming", linked: null, text: "The left" })], false);
    expect(screen.getByText(/cut off/)).toBeTruthy();
  });

  it("are read out whole, not token by token", () => {
    const those = [message({}), message({ message: "m2", state: "streaming", text: "Half a" })];
    const { container } = render(
      <StreamingText messages={those} running focused={null} onFocus={() => {}} />,
    );
    expect(container.querySelector("[aria-live]")?.textContent).toBe(message({}).text);
  });
});
