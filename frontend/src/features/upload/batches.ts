import type { Picked } from "./collectFiles";

const BATCH_FILES = 100;
const BATCH_BYTES = 48_000_000;

/**
 * Requests of bounded size: answers come back while the rest is still being sent, and a request
 * that fails takes few files with it. A file larger than a batch goes alone.
 */
export function batches(
  picked: readonly Picked[],
  most = { files: BATCH_FILES, bytes: BATCH_BYTES },
): Picked[][] {
  const result: Picked[][] = [];
  let current: Picked[] = [];
  let size = 0;
  for (const one of picked) {
    const full = current.length >= most.files || size + one.file.size > most.bytes;
    if (current.length > 0 && full) {
      result.push(current);
      current = [];
      size = 0;
    }
    current.push(one);
    size += one.file.size;
  }
  if (current.length > 0) result.push(current);
  return result;
}
