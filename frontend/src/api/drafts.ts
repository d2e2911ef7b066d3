import { api, bodyOf } from "./client";
import type { Sentence } from "./types";

export const draftKeys = {
  one: (id: string) => ["drafts", id] as const,
};

export function readDraft(draft_id: string) {
  return bodyOf(api.GET("/api/v1/drafts/{draft_id}", { params: { path: { draft_id } } }));
}

export function saveDraft(draft_id: string, version: number, sentences: readonly Sentence[]) {
  const body = {
    version,
    sentences: sentences.map(({ id, section, text, removed }) => ({ id, section, text, removed })),
  };
  const params = { path: { draft_id } };
  return bodyOf(api.PATCH("/api/v1/drafts/{draft_id}", { params, body }));
}
