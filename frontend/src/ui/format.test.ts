import { describe, expect, it } from "vitest";
import { ageOn, bytes, calendarDate, clockTime, interval, personName, seconds } from "./format";

describe("names and dates out of DICOM", () => {
  it.each([
    ["Lindqvist^Astrid^Maria", "Lindqvist, Astrid Maria"],
    ["Doe", "Doe"],
    ["^Jane", "Jane"],
    ["Yamada^Tarou=山田^太郎", "Yamada, Tarou"],
    ["", "No name"],
  ])("reads the person name %j as %j", (raw, shown) => {
    expect(personName(raw)).toBe(shown);
  });

  it("writes dates and times in one way", () => {
    expect(calendarDate("20240301")).toBe("2024-03-01");
    expect(calendarDate("2024-03-01")).toBe("2024-03-01");
    expect(calendarDate(null)).toBe("No date");
    expect(clockTime("140509.123")).toBe("14:05");
    expect(clockTime("14:05:09")).toBe("14:05");
    expect(clockTime(null)).toBe("");
  });

  it("counts an age in whole years, on the birthday and the day before", () => {
    expect(ageOn("1950-06-15", "2020-06-15")).toBe("70 y");
    expect(ageOn("1950-06-15", "2020-06-14")).toBe("69 y");
    expect(ageOn(null, "2020-06-14")).toBe("");
    expect(ageOn("2021-01-01", "2020-06-14")).toBe("");
  });

  it("says how long before or after a study was", () => {
    expect(interval("2024-01-01", "2024-01-01")).toBe("same day");
    expect(interval("2024-01-01", "2024-01-31")).toBe("30 d earlier");
    expect(interval("2024-07-01", "2024-01-01")).toBe("6 months later");
    expect(interval("2020-01-01", "2024-01-01")).toBe("4.0 years earlier");
  });
});

describe("amounts", () => {
  it("carry their unit", () => {
    expect(bytes(999)).toBe("999 B");
    expect(bytes(48_000_000)).toBe("48.0 MB");
    expect(bytes(312_000_000_000)).toBe("312 GB");
    expect(seconds(0.84)).toBe("0.8 s");
    expect(seconds(75)).toBe("75 s");
    expect(seconds(130)).toBe("2 min 10 s");
  });
});
