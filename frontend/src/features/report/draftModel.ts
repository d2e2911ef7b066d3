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
  | { type: "saved"; draft: Draft; sent: Sentence[] }
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

export const isChanged = (model: DraftModel): boolean => model.sentences !== model.stored;

export const isEdited = ({ origin, ai_text, text }: Sentence): boolean =>
  origin === "ai" && ai_text !== null && ai_text !== text;

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
    ai_text: null,
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

/**
 * What is on screen after the server stored `sent`: its answer, or, where editing went on
 * meanwhile, the newer text with the ids that the server gave to added sentences.
 */
function afterSaving(model: DraftModel, answer: Sentence[], sent: Sentence[]): Sentence[] {
  if (model.sentences === sent) return answer;
  const given = new Map(sent.map((one, index) => [one.id, answer[index]?.id ?? one.id]));
  return model.sentences.map((one) => ({ ...one, id: given.get(one.id) ?? one.id }));
}

export function reduceDraft(model: DraftModel, action: DraftAction): DraftModel {
  switch (action.type) {
    case "edit":
      return changed(model, replaced(model, action.id, { text: action.text }), `edit:${action.id}`);
    case "remove": {
      const target = model.sentences.find((one) => one.id === action.id);
      // An empty line that a person added leaves no trace.
      if (target?.origin === "person" && target.text.trim() === "") {
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
      if (original === undefined || original === null) return model;
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
      const { draft, sent } = action;
      const sentences = afterSaving(model, draft.sentences, sent);
      return { ...model, version: draft.version, stored: draft.sentences, sentences };
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
