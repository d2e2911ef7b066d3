/** Random names. (`crypto.randomUUID` is missing where a hospital serves plain HTTP.) */
function hex(length: number): string {
  const random = crypto.getRandomValues(new Uint8Array(length / 2));
  return [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const idempotencyKey = (): string => hex(32);

export const newSentenceId = (): string => `p-${hex(12)}`;
