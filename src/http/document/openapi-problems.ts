/**
 * The part of the API's document about errors: which problems an operation may answer with, from
 * what its route is.
 */
import { answersOf } from "../../contract/operations/operation.ts";
import type { ErrorCode } from "../../domain/errors.ts";
import type { Json } from "./json.ts";
import { statusOf, titleOf } from "../request/problem.ts";
import type { HttpCode } from "../request/problem.ts";
import type { Route } from "../request/route.ts";

type Code = ErrorCode | HttpCode;

/** Problems that any request may meet. */
const everywhere: readonly Code[] = ["invalid_input", "forbidden", "request_timeout", "headers_too_large", "internal", "unavailable"];
const ofToken: readonly Code[] = ["unauthorized", "too_many_requests"];
const ofBody: readonly Code[] = ["payload_too_large", "unsupported_media_type"];
const ofWriting: readonly Code[] = ["storage_full"];

/** The problem answers of an operation, by status. */
export function problemDescriptions(route: Route): Json {
  const codes = [
    ...everywhere,
    ...(route.access === "open" ? [] : ofToken),
    ...(route.method === "GET" ? [] : [...ofBody, ...ofWriting]),
    ...(route.params === undefined ? [] : (["not_found"] as const)),
    ...(route.problems ?? []),
  ];
  const answers = answersOf(route);
  const byStatus = new Map(codes.map((code) => [statusOf(code), code]));
  const documented = [...byStatus].filter(([status]) => answers[status] === undefined);
  return Object.fromEntries(documented.map(([status]) => [status, { $ref: `#/components/responses/${nameOf(status)}` }]));
}

/** Every problem answer that the document knows. */
export function problemResponses(): Json {
  const codes: readonly Code[] = [
    ...everywhere,
    ...ofToken,
    ...ofBody,
    ...ofWriting,
    "not_found",
    "conflict",
    "precondition_failed",
    "unprocessable",
    "range_not_satisfiable",
  ];
  return Object.fromEntries(codes.map((code) => [nameOf(statusOf(code)), responseOf(code)]));
}

function responseOf(code: Code): Json {
  const headers: Json = {};
  const retry = {
    description: "Seconds until trying again makes sense.",
    schema: { type: "integer", format: "int64", minimum: 1, maximum: 86_400 },
  };
  if (["too_many_requests", "unavailable", "storage_full"].includes(code)) headers["Retry-After"] = retry;
  return {
    description: `${titleOf(code)}.`,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
}

function nameOf(status: number): string {
  return `Problem${status}`;
}
