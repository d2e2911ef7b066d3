import { describe, expect, it } from "vitest";
import { actionOfKey, keyOfAction, VIEWER_SHORTCUTS } from "./shortcuts";

const press = (key: string, more: Partial<KeyboardEventInit> = {}) => ({
  key,
  code: "",
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...more,
});

describe("shortcuts", () => {
  it("bind no key twice", () => {
    const keys = VIEWER_SHORTCUTS.flatMap((shortcut) => shortcut.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("leave keys of the application and the browser alone", () => {
    expect(actionOfKey(press("?", { shiftKey: true }))).toBeNull();
    expect(actionOfKey(press("/"))).toBeNull();
    expect(actionOfKey(press("c", { ctrlKey: true }))).toBeNull();
    expect(actionOfKey(press("r", { metaKey: true }))).toBeNull();
  });

  it("read letters in either case", () => {
    expect(actionOfKey(press("w"))).toBe("tool:window");
    expect(actionOfKey(press("W", { shiftKey: true }))).toBe("tool:window");
  });

  it("tell layouts from presets by Shift, on any keyboard layout", () => {
    expect(actionOfKey(press("1", { code: "Digit1" }))).toBe("preset:1");
    expect(actionOfKey(press("!", { code: "Digit1", shiftKey: true }))).toBe("layout:one");
    expect(actionOfKey(press('"', { code: "Digit2", shiftKey: true }))).toBe("layout:four");
  });

  it("know the space bar", () => {
    expect(actionOfKey(press(" "))).toBe("cine");
    expect(keyOfAction("cine")).toBe("Space");
  });
});

describe("shortcuts of a plan", () => {
  it("take Shift where the letter alone does something else", () => {
    expect(actionOfKey(press("d"))).toBe("plan:dose");
    expect(actionOfKey(press("i"))).toBe("invert");
    expect(actionOfKey(press("I", { shiftKey: true }))).toBe("plan:isodoses");
    expect(actionOfKey(press("S", { shiftKey: true }))).toBe("plan:structures");
    expect(actionOfKey(press("s"))).toBe("tool:scroll");
    expect(actionOfKey(press("F", { shiftKey: true }))).toBe("plan:fusion");
    expect(actionOfKey(press("U", { shiftKey: true }))).toBe("plan:uncertainty");
  });
});
