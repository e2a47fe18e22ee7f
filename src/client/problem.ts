/**
 * Turns an error answer (RFC 9457, `application/problem+json`) into a WorkerError with the
 * problem's code.
 */
import { errorCodes, WorkerError } from "../domain/errors.ts";
import type { ErrorCode, InputProblem } from "../domain/errors.ts";

/**
 * @param text the answer's body. A body that is not a problem document becomes an error that names
 * the status.
 */
export function problemError(status: number, statusText: string, text: string): WorkerError {
  const problem = parsed(text);
  const code = isErrorCode(problem["code"]) ? problem["code"] : codeOfStatus(status);
  const detail = problem["detail"] ?? problem["title"];
  const message = typeof detail === "string" ? detail : `The server answered ${status} ${statusText}.`.replace(" .", ".");
  return new WorkerError(code, message, problemsOf(problem["errors"]));
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {}; // Not our server's answer (a proxy's page, say): the status has to do.
  }
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && errorCodes.some((each) => each === code);
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  if (status === 404) return "not_found";
  if (status === 409) return "conflict";
  if (status === 412) return "precondition_failed";
  if (status === 413) return "payload_too_large";
  if (status === 422) return "unprocessable";
  if (status === 429) return "too_many_requests";
  if (status === 503) return "unavailable";
  return status >= 500 ? "internal" : "invalid_input";
}

function problemsOf(errors: unknown): InputProblem[] {
  if (!Array.isArray(errors)) return [];
  return errors.filter((each): each is InputProblem => typeof each?.pointer === "string" && typeof each?.detail === "string");
}
