/**
 * The fields of an event's payload as plain data. One row says what a field is: the types of
 * event.ts, the reader of stored events, the contract's schemas and the API's document follow it.
 */
import { countOf, isObject, momentOf, numberOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";

/** What a field's value may be. */
export type Shape =
  | { readonly is: "text" | "time" | "count" | "number" | "flag" | "json" }
  | { readonly is: "true" }
  | { readonly is: "choice"; readonly of: readonly string[] }
  | { readonly is: "list" | "map" | "or_null"; readonly of: Shape }
  | { readonly is: "object"; readonly of: Fields };

export interface Field<T, Optional extends boolean = false> {
  readonly shape: Shape;
  /** A sentence for the API's document. */
  readonly description: string;
  /** Whether a payload may lack it. */
  readonly optional: Optional;
  /** The type of its value, for the compiler only: never set. */
  readonly type?: T;
}

export type Fields = Readonly<Record<string, Field<unknown, boolean>>>;

type OptionalKey<F extends Fields> = { [K in keyof F]: F[K] extends { readonly optional: true } ? K : never }[keyof F];
export type ValueOf<F> = F extends Field<infer T, boolean> ? T : never;

/** The payload that these fields describe. */
export type DataOf<F extends Fields> = Flat<
  { readonly [K in Exclude<keyof F, OptionalKey<F>>]: ValueOf<F[K]> } & { readonly [K in OptionalKey<F>]?: ValueOf<F[K]> }
>;
type Flat<T> = T extends infer All ? { [K in keyof All]: All[K] } : never;

function field<T>(shape: Shape, description: string): Field<T> {
  return { shape, description, optional: false };
}

export const text = (description: string): Field<string> => field({ is: "text" }, description);
/** RFC 3339 in UTC with milliseconds. */
export const time = (description: string): Field<string> => field({ is: "time" }, description);
/** A whole number, not negative. */
export const count = (description: string): Field<number> => field({ is: "count" }, description);
export const number = (description: string): Field<number> => field({ is: "number" }, description);
export const flag = (description: string): Field<boolean> => field({ is: "flag" }, description);
/** Any JSON value, whose shape another program defines. */
export const json = (description: string): Field<unknown> => field({ is: "json" }, description);
export const choice = <const C extends readonly string[]>(of: C, description: string): Field<C[number]> =>
  field({ is: "choice", of }, description);
export const list = <T>(of: Field<T>): Field<readonly T[]> => field({ is: "list", of: of.shape }, of.description);
/** Values by name. */
export const map = <T>(of: Field<T>): Field<Readonly<Record<string, T>>> => field({ is: "map", of: of.shape }, of.description);
export const object = <const F extends Fields>(of: F, description: string): Field<DataOf<F>> => field({ is: "object", of }, description);
export const orNull = <T>(of: Field<T>): Field<T | null> => field({ is: "or_null", of: of.shape }, of.description);
export const optional = <T>(of: Field<T>): Field<T, true> => ({ shape: of.shape, description: of.description, optional: true });
/** True, or absent. */
export const mark = (description: string): Field<true, true> => ({ shape: { is: "true" }, description, optional: true });

/** Stands for a value that does not fit the field's row. */
export const misfit: unique symbol = Symbol("misfit");

/**
 * Converts a value to what the row says: rounds a count, replaces a missing value by the empty one.
 * Returns `misfit` for a value of another type.
 */
export function readValue(shape: Shape, value: unknown): unknown {
  if (value === undefined) return emptyOf(shape);
  switch (shape.is) {
    case "text":
      return typeof value === "string" ? value : misfit;
    case "time":
      return momentOf(value) ?? misfit;
    case "count":
      return countOf(value) ?? misfit;
    case "number":
      return numberOf(value) ?? misfit;
    case "flag":
      return typeof value === "boolean" ? value : misfit;
    case "true":
      return value === true ? value : misfit;
    case "json":
      return value;
    case "choice":
      return typeof value === "string" && shape.of.includes(value) ? value : misfit;
    case "or_null":
      return value === null ? null : readValue(shape.of, value);
    case "list":
      return Array.isArray(value) ? readAll(shape.of, value) : misfit;
    case "map":
      return isObject(value) ? readMap(shape.of, value) : misfit;
    case "object":
      return isObject(value) ? readFields(shape.of, value) : misfit;
  }
}

/**
 * Converts each field to what its row says. Keeps fields without a row unchanged. Copies the data
 * only where a field differs: most stored events are read by the version that wrote them. Returns
 * `misfit` when a field has another type.
 */
export function readFields(fields: Fields, data: JsonObject): JsonObject | typeof misfit {
  let read: Record<string, unknown> | null = null;
  for (const name in fields) {
    const row = fields[name];
    const found = data[name];
    if (row === undefined || (row.optional && found === undefined)) continue;
    const value = readValue(row.shape, found);
    if (value === misfit) return misfit;
    if (value !== found) (read ??= { ...data })[name] = value;
  }
  return read ?? data;
}

function readAll(shape: Shape, values: readonly unknown[]): readonly unknown[] | typeof misfit {
  const read = values.map((value) => readValue(shape, value));
  if (read.includes(misfit)) return misfit;
  return read.every((value, index) => value === values[index]) ? values : read;
}

function readMap(shape: Shape, values: JsonObject): JsonObject | typeof misfit {
  const names = Object.keys(values);
  const read = readAll(
    shape,
    names.map((name) => values[name]),
  );
  return read === misfit ? misfit : Object.fromEntries(names.map((name, index) => [name, read[index]]));
}

/** The value of a field that an older version did not write. */
function emptyOf(shape: Shape): unknown {
  switch (shape.is) {
    case "text":
      return "";
    case "count":
    case "number":
      return 0;
    case "flag":
      return false;
    case "json":
    case "or_null":
      return null;
    case "list":
      return [];
    case "map":
      return {};
    case "time":
    case "true":
    case "choice":
    case "object":
      return misfit;
  }
}
