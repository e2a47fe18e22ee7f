/**
 * What an operation of the API is: one row of the contract. Routes, rights, parsing, the client and
 * the API's document read the same rows.
 */
import type { z } from "zod";
import { endpoints } from "../endpoints.ts";
import type { Endpoint, OperationName } from "../endpoints.ts";
import type { Scope } from "../../domain/scopes.ts";
import type { ErrorCode } from "../../domain/errors.ts";

/** Who may call: every caller (`open`), or a caller with at least this scope. */
export type Access = "open" | Scope;

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

/** What a row says beside its name and its endpoint. */
export interface OperationRow<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  O extends z.ZodType | null = z.ZodType | null,
> {
  readonly access: Access;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** The fields that stand in the path. */
  readonly params?: P;
  readonly query?: Q;
  /** Request headers that mean something here, all optional. */
  readonly headers?: readonly HeaderShape[];
  readonly body?: B;
  /** A body may be left out; the schema then sees `{}`. */
  readonly bodyOptional?: boolean;
  /** Default 1 MB. */
  readonly maxBodyBytes?: number;
  /** Of the answer with success. Default 200. */
  readonly status?: number;
  /** JSON of the answer with success. Null: no body, or one of `mediaTypes`. */
  readonly output: O;
  /** What the answer with success is, for the document. */
  readonly answer: string;
  /** Other media types of the answer with success. */
  readonly mediaTypes?: readonly string[];
  /** Further answers that are not problem documents, by status. */
  readonly otherAnswers?: Readonly<Record<number, AnswerShape>>;
  /**
   * Errors that belong to this operation, beside those that any operation of its kind may answer
   * with.
   */
  readonly problems?: readonly (ErrorCode | "range_not_satisfiable")[];
}

export interface Operation<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  O extends z.ZodType | null = z.ZodType | null,
>
  extends OperationRow<P, Q, B, O>, Endpoint {
  readonly name: string;
}

/** Defines an operation with the types of its schemas. */
export function operation<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, O extends z.ZodType | null>(
  name: OperationName,
  row: OperationRow<P, Q, B, O>,
): Operation<P, Q, B, O> {
  return { name, ...endpoints[name], ...row };
}

/** The input of an operation that takes none. */
export type NoInput = Readonly<Record<string, never>>;

/** The status of the answer with success. */
export function successStatus({ status = 200 }: Pick<Operation, "status">): number {
  return status;
}

/** @returns every answer that is not a problem document, by status. */
export function answersOf(row: Operation): Readonly<Record<number, AnswerShape>> {
  const { answer, output, mediaTypes, otherAnswers } = row;
  const success = { description: answer, schema: output, ...(mediaTypes === undefined ? {} : { mediaTypes }) };
  return { [successStatus(row)]: success, ...otherAnswers };
}
