import { expect, it } from "vitest";
import { letGoOfButton } from "./keyboard";

it("a pointer's press leaves the keyboard to the images, a key's press does not", () => {
  const button = document.createElement("button");
  document.body.append(button);
  button.addEventListener("click", letGoOfButton);
  for (const [detail, keepsFocus] of [
    [0, true],
    [1, false],
  ] as const) {
    button.focus();
    button.dispatchEvent(new MouseEvent("click", { detail, bubbles: true }));
    expect(document.activeElement === button).toBe(keepsFocus);
  }
  button.remove();
});
