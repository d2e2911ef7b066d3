import { describe, expect, it } from "vitest";
import { asProblem, nextStep, Problem, problemOf, unreachable } from "./problem";

describe("problems", () => {
  it("list each reason a person should read", () => {
    const refused = new Problem(422, {
      code: "input_refused",
      detail: "The series does not fit.",
      errors: { reasons: [{ code: "modality", message: "The series is CT." }] },
    });
    expect(refused.reasons).toEqual(["The series is CT."]);
    expect(new Problem(400, { errors: { name: ["May not be blank."] } }).reasons).toEqual([
      "May not be blank.",
    ]);
    expect(new Problem(409, { detail: "Changed.", errors: { version: 3 } }).reasons).toEqual([
      "Changed.",
    ]);
  });

  it("say what to do next, by code first and status second", () => {
    expect(nextStep(unreachable())).toContain("connection");
    expect(nextStep(new Problem(403, { code: "permission_denied" }))).toContain("role");
    expect(nextStep(new Problem(409, { code: "version_conflict" }))).toContain("newer version");
  });

  it("are made of answers that are no problem documents, too", () => {
    const problem = problemOf(new Response("<h1>Bad gateway</h1>", { status: 502 }), "<h1>");
    expect(problem).toMatchObject({ status: 502, code: "http_502" });
    expect(problem.message).toBe("The server answered 502.");
    expect(asProblem(new Error("boom")).message).toBe("boom");
  });
});
