import { expect, it } from "vitest";
import { backoff } from "./backoff";

it("doubles, is bounded, and is jittered over its upper half", () => {
  expect([1, 2, 3].map((attempt) => backoff(attempt, () => 1))).toEqual([500, 1000, 2000]);
  expect(backoff(50, () => 1)).toBe(15_000);
  expect(backoff(50, () => 0)).toBe(7500);
});
