/** The one client of the REST API, typed by the generated schema. */
import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "@/generated/schema";
import { problemOf, unreachable } from "./problem";

export function csrfToken(): string {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

/** The session has ended: the login page brings the reader back to where they were. */
export function goToSignIn(): void {
  const here = `${window.location.pathname}${window.location.search}`;
  window.location.assign(`/accounts/login/?next=${encodeURIComponent(here)}`);
}

const session: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET") request.headers.set("X-CSRFToken", csrfToken());
  },
  onResponse({ response }) {
    if (response.status === 401) goToSignIn();
  },
  onError({ error, request }) {
    return request.signal.aborted && error instanceof Error ? error : unreachable();
  },
};

export const api = createClient<paths>({
  baseUrl: typeof window === "undefined" ? "" : window.location.origin,
  credentials: "same-origin",
  headers: { Accept: "application/json" },
});
api.use(session);

interface Outcome<Body> {
  data?: Body;
  error?: unknown;
  response: Response;
}

/** The body of a call, or its problem thrown. */
export async function bodyOf<Body>(call: Promise<Outcome<Body>>): Promise<Body> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemOf(response, error);
  return data as Body;
}
