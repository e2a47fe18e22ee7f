/**
 * Defines the errors that callers and users see. A failed task is an Outcome, not one of these
 * errors.
 */

export const errorCodes = [
  "invalid_input",
  "not_found",
  "conflict",
  "untrusted_directory",
  "unauthorized",
  "forbidden",
  "precondition_failed",
  "payload_too_large",
  "unprocessable",
  "too_many_requests",
  "unavailable",
  "storage_full",
  "storage_unusable",
  "server_running",
  "server_unreachable",
  "internal",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** One part of the input that is wrong: a JSON pointer (RFC 6901) and a sentence. */
export interface InputProblem {
  readonly pointer: string;
  readonly detail: string;
  /** What the command line calls the place: a flag or an argument. */
  readonly place?: string;
}

/** An error with a stable code and a message that says what happened and what to do. */
export class WorkerError extends Error {
  readonly code: ErrorCode;
  readonly problems: readonly InputProblem[];
  /** When a new try makes sense; null: not known. */
  readonly retryAfterMs: number | null;

  /** @param message one sentence says what happened, one says what to do. */
  constructor(
    code: ErrorCode,
    message: string,
    problems: readonly InputProblem[] = [],
    { retryAfterMs = null }: { retryAfterMs?: number | null } = {},
  ) {
    super(message);
    this.retryAfterMs = retryAfterMs;
    this.name = "WorkerError";
    this.code = code;
    this.problems = problems;
  }
}

/** The message of anything that was thrown, without its stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
