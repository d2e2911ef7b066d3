import { request } from "./http";
import type { Draft, Sentence } from "./types";

export const draftKeys = {
  one: (id: string) => ["drafts", id] as const,
};

export function readDraft(id: string): Promise<Draft> {
  return request(`drafts/${id}`);
}

export function saveDraft(id: string, version: number, sentences: Sentence[]): Promise<Draft> {
  return request(`drafts/${id}`, { method: "PATCH", body: { version, sentences } });
}
