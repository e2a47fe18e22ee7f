/** What a route is: an operation of the contract and how this door answers it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { z } from "zod";
import type { Caller } from "../../contract/caller.ts";
import type { Operation } from "../../contract/operations/operation.ts";
import type { ProblemView } from "../../contract/views/problem.ts";

export interface Call<P = unknown, Q = unknown, B = unknown> {
  readonly caller: Caller;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** `streamed`: the route has written its answer, or continues to write it. */
export type Answer =
  | { readonly status: number; readonly json?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status: number; readonly text: string | Buffer; readonly headers: Readonly<Record<string, string>> }
  | "streamed";

export interface Route extends Operation {
  handle(call: Call): Answer | Promise<Answer>;
  /** Of a page for people. Its body is a form, whose fields the handler gets as a map. */
  readonly page?: PageRoute;
  /** A page that runs scripts of this server: links of other sites may lead to it. */
  readonly isDocument?: true;
  /** The cookie of a browser session does not count here. */
  readonly isForTokens?: true;
}

export interface PageRoute {
  /** The page of an error, instead of a problem document. */
  problem(problem: ProblemView): { readonly text: string; readonly headers: Readonly<Record<string, string>> };
}

/** The fields of a form, each with its values in their order. */
export type FormFields = ReadonlyMap<string, readonly string[]>;

/** Answers an operation by hand, with the types of its schemas. */
export function route<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  row: Operation<P, Q, B>,
  handle: (call: Call<z.output<P>, z.output<Q>, z.output<B>>) => Answer | Promise<Answer>,
): Route {
  return { ...row, handle };
}
