import { API_ROOT, csrfToken, request } from "./http";
import type { CreatedToken, Me, Page, Token } from "./types";

export const meKey = ["me"] as const;
export const tokensKey = ["tokens"] as const;

export function readMe(): Promise<Me> {
  return request("me");
}

export async function listTokens(): Promise<Token[]> {
  const answer = await request<Token[] | Page<Token>>("tokens");
  return Array.isArray(answer) ? answer : answer.results;
}

export function createToken(name: string, expiresAt: string | null): Promise<CreatedToken> {
  const body = expiresAt === null ? { name } : { name, expires_at: expiresAt };
  return request("tokens", { method: "POST", body });
}

export function revokeToken(id: string): Promise<void> {
  return request(`tokens/${id}`, { method: "DELETE" });
}

export const uploadAddress = `${API_ROOT}/uploads`;

/** Django signs out by a form post only. */
export function signOut(): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/accounts/logout/";
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "csrfmiddlewaretoken";
  field.value = csrfToken();
  form.append(field);
  document.body.append(form);
  form.submit();
}
