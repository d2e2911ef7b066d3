import { api, bodyOf, csrfToken } from "./client";

export const meKey = ["me"] as const;
export const tokensKey = ["tokens"] as const;

export function readMe() {
  return bodyOf(api.GET("/api/v1/me"));
}

const ALL_TOKENS = 200;

export async function listTokens() {
  const params = { query: { limit: ALL_TOKENS } };
  const page = await bodyOf(api.GET("/api/v1/tokens", { params }));
  return page.results;
}

export function createToken(name: string, expires_at: string | null) {
  return bodyOf(api.POST("/api/v1/tokens", { body: { name, expires_at } }));
}

export function revokeToken(token_id: string) {
  return bodyOf(api.DELETE("/api/v1/tokens/{token_id}", { params: { path: { token_id } } }));
}

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
