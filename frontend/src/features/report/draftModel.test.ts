import { describe, expect, it } from "vitest";
import type { Draft, Sentence } from "@/api/types";
import { differences, isChanged, openDraft, reduceDraft, storable } from "./draftModel";

function sentence(id: string, text: string, changes: Partial<Sentence> = {}): Sentence {
  return {
    id,
    section: "findings",
    text,
    ai_text: text,
    origin: "ai",
    linked: true,
    reason: null,
    evidence: [],
    removed: false,
    ...changes,
  };
}

function draft(version: number, sentences: Sentence[]): Draft {
  return {
    id: "d1",
    study_uid: "1.2.3",
    job: "j1",
    status: "draft",
    incomplete: false,
    version,
    sentences,
    sr: null,
    updated_by: null,
    created_at: "2026-01-01T00:00:00Z",
    pipeline: "draft_report",
    pipeline_version: "1.0.0",
    series_uid: "1.2.3.4",
    updated_at: "2026-01-01T00:00:00Z",
    ai_generated: true,
  };
}

const opened = openDraft(
  draft(1, [
    sentence("a", "One."),
    sentence("b", "Two."),
    sentence("c", "Sum.", { section: "impression" }),
  ]),
);

const texts = (sentences: Sentence[]) => sentences.map((one) => one.text);

describe("editing", () => {
  it("undoes typing in one sentence as one change, and redoes it", () => {
    let model = reduceDraft(opened, { type: "edit", id: "a", text: "On" });
    model = reduceDraft(model, { type: "edit", id: "a", text: "O" });
    model = reduceDraft(model, { type: "edit", id: "b", text: "Zwei." });
    model = reduceDraft(model, { type: "undo" });
    expect(texts(model.sentences)).toEqual(["O", "Two.", "Sum."]);
    model = reduceDraft(model, { type: "undo" });
    expect(isChanged(model)).toBe(false);
    model = reduceDraft(model, { type: "redo" });
    expect(texts(model.sentences)).toEqual(["O", "Two.", "Sum."]);
  });

  it("undoes what comes after a pause apart", () => {
    let model = reduceDraft(opened, { type: "edit", id: "a", text: "O" });
    model = reduceDraft(model, { type: "settle" });
    model = reduceDraft(model, { type: "edit", id: "a", text: "Ok" });
    expect(texts(reduceDraft(model, { type: "undo" }).sentences)[0]).toBe("O");
  });

  it("keeps a removed sentence so that it can be restored", () => {
    const removed = reduceDraft(opened, { type: "remove", id: "a" });
    expect(removed.sentences[0]).toMatchObject({ text: "One.", removed: true });
    expect(reduceDraft(removed, { type: "restore", id: "a" }).sentences).toEqual(opened.sentences);
  });

  it("puts an added sentence at the end of its section", () => {
    const model = reduceDraft(opened, { type: "add", section: "findings", after: null, id: "n" });
    expect(model.sentences.map((one) => one.id)).toEqual(["a", "b", "n", "c"]);
    expect(model.sentences[2]).toMatchObject({ origin: "person", ai_text: "" });
  });

  it("drops an added sentence that stayed empty", () => {
    let model = reduceDraft(opened, { type: "add", section: "findings", after: "a", id: "n" });
    model = reduceDraft(model, { type: "remove", id: "n" });
    expect(model.sentences).toEqual(opened.sentences);
  });

  it("brings back the model's own words", () => {
    let model = reduceDraft(opened, { type: "edit", id: "a", text: "Other." });
    model = reduceDraft(model, { type: "revert", id: "a" });
    expect(model.sentences[0]?.text).toBe("One.");
  });
});

describe("saving", () => {
  it("takes the server's answer where nothing was typed meanwhile", () => {
    const model = reduceDraft(opened, { type: "edit", id: "a", text: "New." });
    const answer = draft(2, storable(model.sentences));
    const saved = reduceDraft(model, { type: "saved", draft: answer });
    expect(isChanged(saved)).toBe(false);
    expect(saved.version).toBe(2);
  });

  it("keeps what was typed while saving", () => {
    let model = reduceDraft(opened, { type: "edit", id: "a", text: "First." });
    const answer = draft(2, storable(model.sentences));
    model = reduceDraft(model, { type: "edit", id: "a", text: "First, later." });
    const saved = reduceDraft(model, { type: "saved", draft: answer });
    expect(saved.sentences[0]?.text).toBe("First, later.");
    expect(saved.version).toBe(2);
    expect(isChanged(saved)).toBe(true);
  });

  it("does not store an added line before it has words", () => {
    const model = reduceDraft(opened, { type: "add", section: "findings", after: null, id: "n" });
    expect(isChanged(model)).toBe(false);
    const written = reduceDraft(model, { type: "edit", id: "n", text: "Mine." });
    expect(isChanged(written)).toBe(true);
  });

  it("stores a model's sentence that was emptied as removed, with its words", () => {
    const model = reduceDraft(opened, { type: "edit", id: "a", text: " " });
    expect(storable(model.sentences)[0]).toMatchObject({ text: "One.", removed: true });
  });

  it("does not store a space at the end over and over", () => {
    const model = reduceDraft(opened, { type: "edit", id: "a", text: "One. " });
    expect(isChanged(model)).toBe(false);
  });

  it("lists where two versions differ", () => {
    const mine = [sentence("a", "Mine."), sentence("b", "Same.")];
    const theirs = [sentence("a", "Theirs."), sentence("b", "Same."), sentence("c", "Third.")];
    expect(differences(mine, theirs)).toEqual([
      { id: "a", section: "findings", mine: "Mine.", theirs: "Theirs." },
      { id: "c", section: "findings", mine: null, theirs: "Third." },
    ]);
  });

  it("counts a removed sentence as absent", () => {
    const theirs = [sentence("a", "One.", { removed: true })];
    expect(differences([sentence("a", "One.")], theirs)).toEqual([
      { id: "a", section: "findings", mine: "One.", theirs: null },
    ]);
  });
});
