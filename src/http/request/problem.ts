/**
 * Errors as RFC 9457 problem documents: the one table from an error's code to a status. Nothing
 * else decides a status of an error.
 */
import { WorkerError } from "../../domain/errors.ts";
import type { ErrorCode, InputProblem } from "../../domain/errors.ts";
import type { ProblemView } from "../../contract/views/problem.ts";

/** Errors that only HTTP has; their codes are as stable as those of WorkerError. */
export type HttpCode =
  | "method_not_allowed"
  | "unsupported_media_type"
  | "not_acceptable"
  | "gone"
  | "request_timeout"
  | "range_not_satisfiable"
  | "headers_too_large";

const statuses: Readonly<Record<ErrorCode | HttpCode, readonly [status: number, title: string]>> = {
  invalid_input: [400, "Invalid input"],
  unauthorized: [401, "Not signed in"],
  forbidden: [403, "Forbidden"],
  untrusted_directory: [403, "Directory not trusted"],
  not_found: [404, "Not found"],
  method_not_allowed: [405, "Method not allowed"],
  not_acceptable: [406, "Not acceptable"],
  request_timeout: [408, "Request timeout"],
  conflict: [409, "Conflict"],
  server_running: [409, "Server already running"],
  gone: [410, "Gone"],
  precondition_failed: [412, "Precondition failed"],
  payload_too_large: [413, "Payload too large"],
  unsupported_media_type: [415, "Unsupported media type"],
  range_not_satisfiable: [416, "Range not satisfiable"],
  unprocessable: [422, "Unprocessable"],
  too_many_requests: [429, "Too many requests"],
  headers_too_large: [431, "Request headers too large"],
  internal: [500, "Internal error"],
  server_unreachable: [502, "Server unreachable"],
  unavailable: [503, "Unavailable"],
  storage_unusable: [503, "Storage unusable"],
  storage_full: [507, "Storage full"],
};

/**
 * An error that the door itself raises, with headers that belong to its answer (`Allow`,
 * `Content-Range`).
 */
export class HttpError extends Error {
  readonly code: HttpCode;
  readonly headers: Readonly<Record<string, string>>;

  /** @param message one sentence what, one what to do. */
  constructor(code: HttpCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = "HttpError";
    this.code = code;
    this.headers = headers;
  }
}

export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem: ProblemView;
}

/**
 * The answer for anything that was thrown. What is not ours becomes `internal`, without its
 * message: that is for the log.
 */
export function problemOf(thrown: unknown): ProblemAnswer {
  if (thrown instanceof HttpError) return answer(thrown.code, thrown.message, [], thrown.headers);
  if (thrown instanceof WorkerError) return answer(thrown.code, thrown.message, thrown.problems, headersOf(thrown));
  return answer("internal", "The server met an error of its own. Its log says more: claude-worker server logs", [], {});
}

/** The status of an error's code, for the API's document. */
export function statusOf(code: ErrorCode | HttpCode): number {
  return statuses[code][0];
}

/** Every code with its status and its name, for the documentation. */
export function problemTable(): { code: string; status: number; title: string }[] {
  return Object.entries(statuses).map(([code, [status, title]]) => ({ code, status, title }));
}

/** What an error's code is called, for the API's document. */
export function titleOf(code: ErrorCode | HttpCode): string {
  return statuses[code][1];
}

function answer(
  code: ErrorCode | HttpCode,
  detail: string,
  problems: readonly InputProblem[],
  headers: Readonly<Record<string, string>>,
): ProblemAnswer {
  const [status, title] = statuses[code];
  const errors = problems.length > 0 ? { errors: [...problems] } : {};
  return { status, headers, problem: { type: `urn:claude-worker:problem:${code}`, title, status, detail, code, ...errors } };
}

/** Seconds until trying again makes sense, where the error itself does not say. */
const retryAfterS: Partial<Readonly<Record<ErrorCode, number>>> = {
  unavailable: 2,
  storage_unusable: 2,
  too_many_requests: 5,
  storage_full: 30,
};

function headersOf({ code, retryAfterMs }: WorkerError): Record<string, string> {
  if (code === "unauthorized") return { "www-authenticate": 'Bearer realm="claude-worker"' };
  const seconds = retryAfterMs === null ? retryAfterS[code] : Math.max(1, Math.ceil(retryAfterMs / 1000));
  return seconds === undefined ? {} : { "retry-after": String(seconds) };
}
