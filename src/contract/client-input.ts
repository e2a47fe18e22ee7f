/**
 * What an operation takes from a client, as types: numbers where a path or a query has text, and
 * fields with a default left out. The client loads none of the schemas.
 */
import type { z } from "zod";
import type { OperationName } from "./endpoints.ts";
import type { operations } from "./operations/index.ts";
import type { NoInput, Operation } from "./operations/operation.ts";

/**
 * Operations whose answer is JSON or nothing. The others are texts: the document, metrics, logs.
 */
export type ClientOperation = Exclude<OperationName, "docs" | "docsStyle" | "metrics" | "getLog">;

/** A value that a query takes as text: given as what it means. */
type QueryValue<Text, Meant> = Listed<Meant> | (undefined extends Text ? undefined : never);
type Listed<Meant> = Meant extends readonly (infer Each)[] ? readonly Each[] : Meant;
type QueryFields<Text, Meant> = { readonly [F in keyof Text]: F extends keyof Meant ? QueryValue<Text[F], Meant[F]> : never };
type Params<P> = P extends z.ZodType ? z.output<P> : unknown;
type Query<Q> = Q extends z.ZodType ? (unknown extends z.output<Q> ? unknown : QueryFields<z.input<Q>, z.output<Q>>) : unknown;
type Body<B> = B extends z.ZodType ? z.input<B> : unknown;
type InputOfRow<R> = R extends Operation<infer P, infer Q, infer B> ? Given<Params<P> & Query<Q> & Body<B>> : never;
type Given<I> = unknown extends I ? NoInput : I;

/**
 * What an operation takes from a client: the fields of its path, its query and its body in one
 * object.
 */
export type ClientInput<K extends ClientOperation> = InputOfRow<(typeof operations)[K]>;
/** What an operation answers. */
export type ClientOutput<K extends ClientOperation> = (typeof operations)[K]["output"] extends z.ZodType
  ? z.output<(typeof operations)[K]["output"]>
  : void;
