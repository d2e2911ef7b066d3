/** A random key. (`crypto.randomUUID` is missing where a hospital serves plain HTTP.) */
export function idempotencyKey(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
