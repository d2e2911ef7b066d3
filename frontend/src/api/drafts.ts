import { api, bodyOf } from "./client";
import type { Sentence } from "./types";

export const draftKeys = {
  one: (id: string) => ["drafts", id] as const,
  /** A new version makes another list. */
  versions: (id: string, newest: number) => ["drafts", id, "versions", newest] as const,
};

const VERSIONS_SHOWN = 100;

/** What the draft has been, newest first. */
export function listVersions(draft_id: string) {
  return bodyOf(
    api.GET("/api/v1/drafts/{draft_id}/versions", {
      params: { path: { draft_id }, query: { limit: VERSIONS_SHOWN } },
    }),
  );
}

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
