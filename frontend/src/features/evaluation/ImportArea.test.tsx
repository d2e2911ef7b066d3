import { createEvent, fireEvent, render, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { ImportArea } from "./ImportArea";
import type { useImport } from "./useEvaluations";

const FILE = new File(["{}"], "evaluation.json");

function dropOn(mutate: (files: File[]) => void, mayImport: boolean) {
  const taking = { mutate } as unknown as ReturnType<typeof useImport>;
  render(<ImportArea taking={mayImport ? taking : null}>Here</ImportArea>);
  const event = createEvent.drop(screen.getByText("Here"));
  Object.defineProperty(event, "dataTransfer", { value: { types: ["Files"], files: [FILE] } });
  const seen = vi.fn();
  window.addEventListener("drop", seen);
  fireEvent(screen.getByText("Here"), event);
  window.removeEventListener("drop", seen);
  return seen;
}

describe("files dropped on the page", () => {
  it("are imported, and do not reach the window, which would take them for images", () => {
    const mutate = vi.fn();
    const seenByWindow = dropOn(mutate, true);
    expect(mutate).toHaveBeenCalledWith([FILE]);
    expect(seenByWindow).not.toHaveBeenCalled();
  });

  it("are left to the window where the reader may not import", () => {
    const mutate = vi.fn();
    const seenByWindow = dropOn(mutate, false);
    expect(mutate).not.toHaveBeenCalled();
    expect(seenByWindow).toHaveBeenCalled();
  });
});
