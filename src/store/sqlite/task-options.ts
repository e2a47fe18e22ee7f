/**
 * Defines how a task's options are stored: two JSON objects, one of the options that lists need,
 * one of the long ones. Defaults are left out.
 */
import { isDefault, optionRows } from "../../domain/task/option-values.ts";
import type { LongOptions, ShortOptions } from "../../domain/task/options.ts";

export interface OptionsColumn<T> {
  /** Whether one of the column's options is among these fields. */
  holds(fields: object): boolean;
  encode(fields: T): string;
  decode(json: string): T;
  /** Adds the options to an object, which it changes. */
  decodeInto<Target extends object>(target: Target, json: string): Target & T;
}

/** Column `options` of `tasks`. */
export const shortOptions: OptionsColumn<ShortOptions> = column((isLong) => !isLong);
/** Column `options` of `task_texts`. */
export const longOptions: OptionsColumn<LongOptions> = column((isLong) => isLong);

function column<T extends object>(fits: (isLong: boolean) => boolean): OptionsColumn<T> {
  const rows = optionRows.filter((row) => row.part === "run" && fits(row.isLong === true));

  const decodeInto = <Target extends object>(target: Target, json: string): Target & T => {
    const given = json === "{}" ? null : (JSON.parse(json) as Record<string, unknown>);
    const values = target as Record<string, unknown>;
    for (const row of rows) values[row.field] = given?.[row.field] ?? row.default;
    return target as Target & T;
  };
  return {
    holds: (fields) => rows.some(({ field }) => (fields as Readonly<Record<string, unknown>>)[field] !== undefined),
    encode: (fields) => {
      const values = fields as Readonly<Record<string, unknown>>;
      const kept: Record<string, unknown> = {};
      for (const row of rows) if (!isDefault(row, values[row.field])) kept[row.field] = values[row.field];
      return JSON.stringify(kept);
    },
    decode: (json) => decodeInto({}, json),
    decodeInto,
  };
}
