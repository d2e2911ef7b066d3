import { describe, expect, it } from "vitest";
import { apply, empty, project, SequenceGap } from "./project";
import type { JobEvent, Projection } from "./protocol";

interface Fixture {
  name: string;
  events: JobEvent[];
  expect: Projection;
}

const fixtures = Object.values(
  import.meta.glob<Fixture>("../../../tests/contract/events/*.json", {
    eager: true,
    import: "default",
  }),
);

it("finds the fixtures that the Python projection is tested with", () => {
  expect(fixtures.length).toBeGreaterThan(5);
});

describe.each(fixtures)("$name", ({ events, expect: expected }) => {
  it("folds to the expected state", () => {
    expect(project(events, expected.stream)).toEqual(expected);
  });

  it("folds a prefix and then the rest to the same state, wherever it is cut", () => {
    for (let cut = 0; cut <= events.length; cut++) {
      const prefix = project(events.slice(0, cut), expected.stream);
      expect(events.slice(cut).reduce(apply, prefix)).toEqual(expected);
    }
  });

  it("ignores events that come twice", () => {
    const state = project(events, expected.stream);
    expect(events.reduce(apply, state)).toBe(state);
  });
});

it("refuses an event that skips one", () => {
  const late: JobEvent = { v: 1, stream: "job:a", seq: 2, ts: "", type: "log", data: {} };
  expect(() => apply(empty("job:a"), late)).toThrow(SequenceGap);
});
