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
