/** Defines a request and its answer, independent of how the bytes travel. */

/** An exchange as it is sent. */
export interface WireRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Buffer | null;
  readonly signal: AbortSignal | undefined;
  /** Longest silence of the server. */
  readonly silenceMs: number;
}

/** An answer that has come in whole. */
export interface WireAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly text: string;
}

/** The server was silent for too long. */
export class Silence extends Error {}

/** Whether the other side ended the connection. */
export function isReset({ code }: NodeJS.ErrnoException): boolean {
  return code === "ECONNRESET" || code === "EPIPE";
}
