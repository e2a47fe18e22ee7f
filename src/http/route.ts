/** What a route is: one row of the API's table. Routing, authorisation, parsing, `Allow` and the OpenAPI document all read the same rows. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { z } from "zod";
import type { Caller } from "../contract/api.ts";
import type { ErrorCode } from "../domain/errors.ts";
import type { HttpCode } from "./problem.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Who may call: `open` to anybody, otherwise a caller with at least this scope. */
export type Access = "open" | Caller["scope"];

/** One kind of answer, for the document and for the check of answers in tests. */
export interface AnswerShape {
  readonly description: string;
  /** JSON of this shape, unless `mediaTypes` says otherwise. Null: no body. */
  readonly schema: z.ZodType | null;
  /** Other media types of the same answer. */
  readonly mediaTypes?: readonly string[];
}

export interface HeaderShape {
  readonly name: string;
  readonly description: string;
}

export interface Call<P = unknown, Q = unknown, B = unknown> {
  readonly caller: Caller;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** `streamed`: the route has written its answer, or goes on writing it. */
export type Answer =
  | { readonly status: number; readonly json?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status: number; readonly text: string | Buffer; readonly headers: Readonly<Record<string, string>> }
  | "streamed";

export interface Route<P extends z.ZodType = z.ZodType, Q extends z.ZodType = z.ZodType, B extends z.ZodType = z.ZodType> {
  readonly method: Method;
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly access: Access;
  /** Stable name of the operation in the document. */
  readonly name: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: P;
  readonly query?: Q;
  /** Request headers that mean something here, all optional. */
  readonly headers?: readonly HeaderShape[];
  readonly body?: B;
  /** A body may be left out; the schema then sees `{}`. */
  readonly bodyOptional?: boolean;
  /** Default 1 MB. */
  readonly maxBodyBytes?: number;
  readonly answers: Readonly<Record<number, AnswerShape>>;
  /** Errors that belong to this route, beside those that any route of its kind may answer with. */
  readonly problems?: readonly (ErrorCode | HttpCode)[];
  handle(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Answer | Promise<Answer>;
}

/** Writes a route down with the types of its schemas. */
export function route<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(row: Route<P, Q, B>): Route {
  return row;
}
