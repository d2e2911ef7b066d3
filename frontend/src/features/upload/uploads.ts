/** The upload that is going on, kept outside React: it goes on while pages change. */
import { asProblem, type Problem } from "@/api/problem";
import { batches } from "./batches";
import type { Picked } from "./collectFiles";
import { type Sending, send } from "./send";

export interface Refused {
  name: string;
  reason: string;
}

export interface Upload {
  state: "sending" | "done" | "stopped";
  files: number;
  bytes: number;
  sent: number;
  filesDone: number;
  stored: number;
  refused: Refused[];
  studies: string[];
  problem: Problem | null;
}

let upload: Upload | null = null;
let current: Sending | null = null;
let waiting: Picked[][] = [];
const listeners = new Set<() => void>();
const finishedListeners = new Set<(finished: Upload) => void>();

function set(next: Upload | null): void {
  upload = next;
  for (const listener of listeners) listener();
}

function update(changes: (now: Upload) => Partial<Upload>): void {
  if (upload !== null) set({ ...upload, ...changes(upload) });
}

const sizeOf = (picked: readonly Picked[]) => picked.reduce((sum, { file }) => sum + file.size, 0);

async function sendBatch(batch: Picked[], before: number): Promise<void> {
  const size = sizeOf(batch);
  current = send(batch, (sent) => update(() => ({ sent: before + Math.min(sent, size) })));
  const answer = await current.answer;
  update((now) => ({
    sent: before + size,
    filesDone: now.filesDone + batch.length,
    stored: now.stored + answer.stored.length,
    refused: [...now.refused, ...answer.refused],
    studies: [...new Set([...now.studies, ...answer.studies])],
  }));
}

async function run(): Promise<void> {
  let before = 0;
  for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
    try {
      await sendBatch(batch, before);
    } catch (error) {
      if (upload?.state === "stopped") break;
      const problem = asProblem(error);
      const refused = batch.map(({ path }) => ({ name: path, reason: problem.message }));
      update((now) => ({ problem, refused: [...now.refused, ...refused] }));
      // A server that is gone or says no will do so for the rest too.
      if (problem.status === 0 || problem.status === 401 || problem.status === 403) break;
    }
    before += sizeOf(batch);
  }
  current = null;
  waiting = [];
  update((now) => ({ state: now.state === "stopped" ? "stopped" : "done" }));
  const finished = upload;
  if (finished !== null) for (const listener of finishedListeners) listener(finished);
}

/** Send files; while an upload is going on they join it. */
export function startUpload(picked: readonly Picked[]): void {
  if (picked.length === 0) return;
  const more = batches(picked);
  if (upload?.state === "sending") {
    waiting.push(...more);
    update((now) => ({
      files: now.files + picked.length,
      bytes: now.bytes + sizeOf(picked),
    }));
    return;
  }
  waiting = more;
  set({
    state: "sending",
    files: picked.length,
    bytes: sizeOf(picked),
    sent: 0,
    filesDone: 0,
    stored: 0,
    refused: [],
    studies: [],
    problem: null,
  });
  void run();
}

/** Stop sending; what the server has already stored stays. */
export function stopUpload(): void {
  waiting = [];
  update(() => ({ state: "stopped" }));
  current?.stop();
}

export function dismissUpload(): void {
  if (upload?.state !== "sending") set(null);
}

export const uploadStore = {
  read: () => upload,
  listen(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  onFinished(listener: (finished: Upload) => void): () => void {
    finishedListeners.add(listener);
    return () => finishedListeners.delete(listener);
  },
};
