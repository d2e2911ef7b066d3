import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { draftKeys, readDraft, saveDraft } from "@/api/drafts";
import { asProblem } from "@/api/problem";
import { studyKeys } from "@/api/studies";
import type { Draft, Sentence } from "@/api/types";
import { isChanged, openDraft, reduceDraft, storable } from "./draftModel";

const AUTOSAVE_MS = 1200;

interface Save {
  version: number;
  sentences: Sentence[];
}

/** One draft being edited: stored by itself, never over someone else's version. */
export function useDraftEditor(draft: Draft) {
  const client = useQueryClient();
  const [model, dispatch] = useReducer(reduceDraft, draft, openDraft);
  const [theirs, setTheirs] = useState<Draft | null>(null);
  const { id } = draft;

  const saving = useMutation({
    mutationFn: ({ version, sentences }: Save) => saveDraft(id, version, storable(sentences)),
    onSuccess: (answer) => {
      dispatch({ type: "saved", draft: answer });
      client.setQueryData(draftKeys.one(id), answer);
      void client.invalidateQueries({ queryKey: studyKeys.all });
    },
    onError: async (error) => {
      if (asProblem(error).status === 409) setTheirs(await readDraft(id));
    },
  });

  const { mutate, isPending, isError, reset } = saving;
  const changed = isChanged(model);
  const { version, sentences } = model;

  const save = useCallback(() => mutate({ version, sentences }), [mutate, version, sentences]);

  // A failed save waits for the next change or for the person, so that it is not asked in a loop.
  useEffect(() => {
    if (!changed || isPending || isError || theirs !== null) return;
    const timer = setTimeout(() => {
      dispatch({ type: "settle" });
      save();
    }, AUTOSAVE_MS);
    return () => clearTimeout(timer);
  }, [changed, isPending, isError, theirs, save]);

  const shown = useRef(sentences);
  useEffect(() => {
    if (shown.current !== sentences && isError && theirs === null) reset();
    shown.current = sentences;
  }, [sentences, isError, theirs, reset]);

  // Another tab stored a newer version and nothing was changed here: show it.
  useEffect(() => {
    if (!changed && !isPending && draft.version > version) dispatch({ type: "taken", draft });
  }, [draft, changed, isPending, version]);

  useEffect(() => {
    if (!changed) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [changed]);

  function takeTheirs(): void {
    if (theirs === null) return;
    dispatch({ type: "taken", draft: theirs });
    client.setQueryData(draftKeys.one(id), theirs);
    setTheirs(null);
    reset();
  }

  function keepMine(): void {
    if (theirs === null) return;
    dispatch({ type: "rebased", version: theirs.version, stored: theirs.sentences });
    setTheirs(null);
    reset();
  }

  return { model, dispatch, changed, saving, save, theirs, takeTheirs, keepMine };
}

export type DraftEditing = ReturnType<typeof useDraftEditor>;
