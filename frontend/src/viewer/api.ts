/** What the viewer reads from the server. Cookies carry the session; errors are problem+json. */

import type { Grid } from "./geometry";
import type { Rescale, Window } from "./windowing";

/** An error with a text a person can act on. */
export class ViewerError extends Error {
  override readonly name = "ViewerError";
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export type VoxelType = "uint8" | "int16" | "uint16" | "float32";

export interface SeriesGeometry extends Grid, Rescale {
  readonly kind: string;
  readonly dtype: VoxelType;
  readonly window: Window | null;
  readonly photometric: string;
  readonly sop_instance_uids: readonly string[];
  readonly frame_of_reference_uid: string | null;
  readonly bytes: number;
}

export interface Segment {
  readonly number: number;
  readonly label: string;
  readonly color: readonly number[];
  /** FreeSurfer id: the value of this segment's voxels in the label map. */
  readonly structure_label: number | null;
  readonly volume_ml?: number | null;
}

export interface HeaderElement {
  readonly tag: string;
  readonly vr: string;
  readonly keyword: string;
  readonly value: unknown;
}

const STATUS_TEXT: Record<number, string> = {
  401: "You are signed out. Sign in again to see these images.",
  403: "You may not see these images.",
  404: "These images are no longer stored.",
  503: "The image store does not answer. Try again in a moment.",
};

async function problemOf(response: Response): Promise<ViewerError> {
  const body: unknown = await response.json().catch(() => null);
  const problem = (typeof body === "object" && body !== null ? body : {}) as Record<
    string,
    unknown
  >;
  const text = [problem.detail, problem.title].find(
    (value): value is string => typeof value === "string" && value !== "",
  );
  const code = typeof problem.code === "string" ? problem.code : `http_${response.status}`;
  const fallback = `The server answered with status ${response.status}.`;
  return new ViewerError(code, text ?? STATUS_TEXT[response.status] ?? fallback);
}

/** Fetch, or throw a ViewerError; an abort passes through as it is. */
export async function request(
  url: string,
  signal: AbortSignal,
  accept = "application/json",
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { signal, credentials: "same-origin", headers: { accept } });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ViewerError("network", "The server cannot be reached. Check the connection.");
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

export async function requestJson<T>(url: string, signal: AbortSignal): Promise<T> {
  return (await (await request(url, signal)).json()) as T;
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** The reason to show for anything that was thrown. */
export function reasonOf(error: unknown): string {
  if (error instanceof ViewerError) return error.message;
  if (error instanceof RangeError) return "There is not enough memory for this series.";
  return error instanceof Error ? error.message : "Unknown error";
}
