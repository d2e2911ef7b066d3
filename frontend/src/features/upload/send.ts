import { csrfToken, goToSignIn } from "@/api/client";
import { Problem, type ProblemDocument, unreachable } from "@/api/problem";
import type { UploadAnswer } from "@/api/types";
import type { paths } from "@/generated/schema";
import type { Picked } from "./collectFiles";

const UPLOADS: keyof paths = "/api/v1/uploads";

export interface Sending {
  answer: Promise<UploadAnswer>;
  stop: () => void;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** An upload in which everything was refused is an answer too: it lists the reasons. */
function isAnswer(body: unknown): body is UploadAnswer {
  return body !== null && typeof body === "object" && "refused" in body && "stored" in body;
}

/** One request, by XMLHttpRequest: fetch cannot tell how many bytes have left. */
export function send(batch: readonly Picked[], onProgress: (sent: number) => void): Sending {
  const form = new FormData();
  for (const { file, path } of batch) {
    form.append("files", file, file.name);
    form.append("paths", path);
  }
  const request = new XMLHttpRequest();
  const answer = new Promise<UploadAnswer>((resolve, reject) => {
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException("Stopped", "AbortError"));
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status === 401) goToSignIn();
      if (isAnswer(body)) resolve(body);
      else reject(new Problem(request.status, body as ProblemDocument));
    };
    request.open("POST", UPLOADS);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.send(form);
  });
  return { answer, stop: () => request.abort() };
}
