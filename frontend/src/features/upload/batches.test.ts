import { expect, it } from "vitest";
import { batches } from "./batches";
import { isClutter, type Picked } from "./collectFiles";

function picked(name: string, size: number): Picked {
  return { file: new File([new Uint8Array(size)], name), path: name };
}

const names = (those: Picked[][]) => those.map((batch) => batch.map(({ path }) => path).join(""));

it("fills requests up to their limits and sends large files alone", () => {
  const files = [picked("a", 4), picked("b", 4), picked("c", 4), picked("D", 30), picked("e", 1)];
  expect(names(batches(files, { files: 10, bytes: 10 }))).toEqual(["ab", "c", "D", "e"]);
  expect(names(batches(files, { files: 2, bytes: 1000 }))).toEqual(["ab", "cD", "e"]);
});

it("sends every file once and in order", () => {
  const files = Array.from({ length: 250 }, (_, index) => picked(`${index}.dcm`, 10));
  expect(batches(files).flat()).toEqual(files);
  expect(batches([])).toEqual([]);
});

it("leaves out what operating systems scatter", () => {
  const clutter = ["study/.DS_Store", "Thumbs.db", "__MACOSX/study/IM1", "study/._IM1"];
  expect(clutter.filter(isClutter)).toEqual(clutter);
  expect(["study/IM1", "DICOMDIR", "a.b/1.2.3"].filter(isClutter)).toEqual([]);
});
