import { describe, expect, it } from "vitest";
import { COLUMNS, directionOf, nextSort } from "./columns";
import { movedIndex } from "./StudyTable";

const column = (key: string) => {
  const found = COLUMNS.find((one) => one.key === key);
  if (found === undefined) throw new Error(`There is no column ${key}.`);
  return found;
};

describe("sorting", () => {
  it("sorts names from A and dates from the newest first, and turns round on a second click", () => {
    expect(nextSort(column("patient"), "-received_at")).toBe("patient_name");
    expect(nextSort(column("patient"), "patient_name")).toBe("-patient_name");
    expect(nextSort(column("date"), "-received_at")).toBe("-study_date");
    expect(nextSort(column("date"), "-study_date")).toBe("study_date");
  });

  it("says which column is sorted, and how", () => {
    expect(directionOf(column("received"), "-received_at")).toBe("descending");
    expect(directionOf(column("received"), "received_at")).toBe("ascending");
    expect(directionOf(column("date"), "received_at")).toBe("none");
    expect(directionOf(column("status"), "received_at")).toBe("none");
  });
});

describe("keys", () => {
  it("stay inside the list", () => {
    expect(movedIndex("ArrowDown", -1, 3)).toBe(0);
    expect(movedIndex("ArrowDown", 2, 3)).toBe(2);
    expect(movedIndex("ArrowUp", 0, 3)).toBe(0);
    expect(movedIndex("PageDown", 0, 3)).toBe(2);
    expect(movedIndex("End", 0, 3)).toBe(2);
    expect(movedIndex("Home", 2, 3)).toBe(0);
    expect(movedIndex("x", 2, 3)).toBeNull();
  });
});
