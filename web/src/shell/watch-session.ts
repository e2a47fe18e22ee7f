/** Notices the end of the browser's session: the server ends its event stream. */
import { ApiProblem, call } from "../api.ts";

/** @returns stops watching. */
export function watchSession(onEnd: () => void): () => void {
  const stream = new EventSource("/api/v1/events?tail=0");
  // The browser connects again by itself, unless the server refuses it.
  stream.addEventListener("error", () => {
    call("listSessions", {}).catch((error: unknown) => {
      if (!(error instanceof ApiProblem) || error.status !== 401) return;
      stream.close();
      onEnd();
    });
  });
  return () => stream.close();
}
