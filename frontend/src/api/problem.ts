/** Errors of the API (RFC 9457 problem documents), and what a person can do about them. */

export interface ProblemDocument {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  errors?: unknown;
  reasons?: { code: string; message: string }[];
}

export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly document: ProblemDocument;

  constructor(status: number, document: ProblemDocument) {
    super(document.detail || document.title || `The server answered ${status}.`);
    this.status = status;
    this.code = document.code ?? (status === 0 ? "unreachable" : `http_${status}`);
    this.title = document.title ?? "The request failed";
    this.document = document;
  }

  /** Each line a person should read: the listed reasons, else the message. */
  get reasons(): string[] {
    const { reasons, errors } = this.document;
    if (reasons?.length) return reasons.map((reason) => reason.message);
    const listed = flatten(errors);
    return listed.length > 0 ? listed : [this.message];
  }
}

/** `errors` is a list of `{code, message}` or a tree of messages by field. */
function flatten(errors: unknown): string[] {
  if (typeof errors === "string") return [errors];
  if (Array.isArray(errors)) return errors.flatMap(flatten);
  if (errors === null || typeof errors !== "object") return [];
  if ("message" in errors && typeof errors.message === "string") return [errors.message];
  return Object.values(errors).flatMap(flatten);
}

export function unreachable(): Problem {
  return new Problem(0, {
    code: "unreachable",
    title: "Synoptic cannot be reached",
    detail: "The server did not answer.",
  });
}

/** The problem of an answer whose body is `body` (text where it was not JSON). */
export function problemOf(response: Response, body: unknown): Problem {
  const isDocument = body !== null && typeof body === "object";
  return new Problem(response.status, isDocument ? (body as ProblemDocument) : {});
}

const NEXT_STEPS: Record<string, string> = {
  unreachable: "Check the connection; this page tries again by itself.",
  http_502: "The image archive or a service behind Synoptic is down. Try again in a moment.",
  http_503: "A part of Synoptic is starting or down. Try again in a moment.",
  input_refused: "Choose another series, or ask an administrator which input the pipeline takes.",
  version_conflict: "Load the newer version and make the change again.",
  idempotency_conflict: "Reload the page and try again.",
};

const NEXT_STEPS_BY_STATUS: Record<number, string> = {
  401: "Sign in again.",
  403: "Your role does not allow this. An administrator can change roles.",
  404: "It may have been deleted. Go back to the list.",
  409: "Someone else changed it meanwhile. Reload and try again.",
  413: "Send fewer or smaller files at once.",
  429: "Too many requests. Wait a minute.",
  500: "Try again; if it stays, tell an administrator the time and what you did.",
};

/** What to do next, in one sentence. */
export function nextStep(problem: Problem): string {
  return (
    NEXT_STEPS[problem.code] ??
    NEXT_STEPS[`http_${problem.status}`] ??
    NEXT_STEPS_BY_STATUS[problem.status] ??
    "Try again."
  );
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new Problem(-1, { code: "unexpected", title: "Something went wrong", detail });
}
