/** The draft under the hand of its editor: a pure model with undo. */
import type { Draft, Sentence } from "@/api/types";
import type { Section } from "@/live/protocol";

export interface DraftModel {
  /** The version that was last read from or stored on the server. */
  version: number;
  stored: Sentence[];
  sentences: Sentence[];
  past: Sentence[][];
  future: Sentence[][];
  /** Changes with the same tag (typing in one sentence) undo together. */
  tag: string | null;
}

export type DraftAction =
  | { type: "edit"; id: string; text: string }
  | { type: "remove"; id: string }
  | { type: "restore"; id: string }
  | { type: "revert"; id: string }
  | { type: "add"; section: Section; after: string | null; id: string }
  | { type: "undo" }
  | { type: "redo" }
  /** Typing paused: what comes next is undone on its own. */
  | { type: "settle" }
  | { type: "saved"; draft: Draft }
  | { type: "taken"; draft: Draft }
  | { type: "rebased"; version: number; stored: Sentence[] };

const UNDO_DEPTH = 200;

export function openDraft(draft: Draft): DraftModel {
  return {
    version: draft.version,
    stored: draft.sentences,
    sentences: draft.sentences,
    past: [],
    future: [],
    tag: null,
  };
}

/** Where a sentence comes from, as it stands now. */
export function originOf({ ai_text, text }: Sentence): "model" | "edited" | "person" {
  if (ai_text === "") return "person";
  return text === ai_text ? "model" : "edited";
}

const isBlank = ({ text }: Sentence): boolean => text.trim() === "";

/**
 * What is stored: an added line that is still empty is not yet a sentence, and the model's
 * sentence whose text was all deleted is a removed one.
 */
export function storable(sentences: readonly Sentence[]): Sentence[] {
  return sentences
    .filter((one) => one.ai_text !== "" || !isBlank(one))
    .map((one) => ({ ...one, text: one.text.trim() }))
    .map((one) => (isBlank(one) ? { ...one, text: one.ai_text, removed: true } : one));
}

const content = ({ id, section, text, removed }: Sentence) => [id, section, text.trim(), removed];

/** Whether there is something to store. */
export function isChanged({ sentences, stored }: DraftModel): boolean {
  if (sentences === stored) return false;
  const wanted = storable(sentences).map(content);
  return JSON.stringify(wanted) !== JSON.stringify(stored.map(content));
}

function changed(model: DraftModel, sentences: Sentence[], tag: string | null): DraftModel {
  const together = tag !== null && tag === model.tag;
  const past = together ? model.past : [...model.past.slice(-UNDO_DEPTH), model.sentences];
  return { ...model, sentences, past, future: [], tag };
}

function replaced(model: DraftModel, id: string, changes: Partial<Sentence>): Sentence[] {
  return model.sentences.map((one) => (one.id === id ? { ...one, ...changes } : one));
}

function writtenByHand(section: Section, id: string): Sentence {
  return {
    id,
    section,
    text: "",
    ai_text: "",
    origin: "person",
    linked: false,
    reason: null,
    evidence: [],
    removed: false,
  };
}

/** The sentences with a new one after `after`, or at the end of its section. */
function added(sentences: Sentence[], fresh: Sentence, after: string | null): Sentence[] {
  const inSection = sentences.findLastIndex((one) => one.section === fresh.section);
  const at = after === null ? inSection : sentences.findIndex((one) => one.id === after);
  return at < 0 ? [...sentences, fresh] : sentences.toSpliced(at + 1, 0, fresh);
}

/** What is on screen, which may have been edited on, with what the server now knows of it. */
function afterSaving(sentences: Sentence[], answer: readonly Sentence[]): Sentence[] {
  const stored = new Map(answer.map((one) => [one.id, one]));
  return sentences.map((one) => {
    const { text, removed } = one;
    return { ...one, ...stored.get(one.id), text, removed };
  });
}

export function reduceDraft(model: DraftModel, action: DraftAction): DraftModel {
  switch (action.type) {
    case "edit":
      return changed(model, replaced(model, action.id, { text: action.text }), `edit:${action.id}`);
    case "remove": {
      const target = model.sentences.find((one) => one.id === action.id);
      // An empty line that a person added leaves no trace.
      if (target !== undefined && target.ai_text === "" && isBlank(target)) {
        return changed(
          model,
          model.sentences.filter((one) => one !== target),
          null,
        );
      }
      return changed(model, replaced(model, action.id, { removed: true }), null);
    }
    case "restore":
      return changed(model, replaced(model, action.id, { removed: false }), null);
    case "revert": {
      const original = model.sentences.find((one) => one.id === action.id)?.ai_text;
      if (!original) return model;
      return changed(model, replaced(model, action.id, { text: original }), null);
    }
    case "add": {
      const fresh = writtenByHand(action.section, action.id);
      return changed(model, added(model.sentences, fresh, action.after), null);
    }
    case "undo": {
      const before = model.past.at(-1);
      if (before === undefined) return model;
      const future = [model.sentences, ...model.future];
      return { ...model, sentences: before, past: model.past.slice(0, -1), future, tag: null };
    }
    case "redo": {
      const [next, ...future] = model.future;
      if (next === undefined) return model;
      return {
        ...model,
        sentences: next,
        past: [...model.past, model.sentences],
        future,
        tag: null,
      };
    }
    case "settle":
      return { ...model, tag: null };
    case "saved": {
      const { version, sentences: stored } = action.draft;
      return { ...model, version, stored, sentences: afterSaving(model.sentences, stored) };
    }
    case "taken":
      return openDraft(action.draft);
    case "rebased":
      return { ...model, version: action.version, stored: action.stored };
  }
}

export interface Difference {
  id: string;
  section: Section;
  mine: string | null;
  theirs: string | null;
}

const readable = (sentence: Sentence | undefined): string | null =>
  sentence === undefined || sentence.removed ? null : sentence.text;

/** The sentences in which two versions differ; null = not there or removed. */
export function differences(mine: readonly Sentence[], theirs: readonly Sentence[]): Difference[] {
  const ids = new Set([...theirs, ...mine].map((one) => one.id));
  const find = (list: readonly Sentence[], id: string) => list.find((one) => one.id === id);
  return [...ids].flatMap((id) => {
    const [here, there] = [find(mine, id), find(theirs, id)];
    const section = (there ?? here)?.section;
    if (section === undefined || readable(here) === readable(there)) return [];
    return [{ id, section, mine: readable(here), theirs: readable(there) }];
  });
}
