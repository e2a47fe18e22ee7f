/**
 * Translates between a table's columns (snake_case, JSON as text, flags as 0 and 1) and a noun's
 * fields (camelCase).
 */

type Kind = "plain" | "json" | "flag" | "flag_or_null";
export type Bindable = string | number | null;

export interface Row<T> {
  /** The columns as `SELECT` and `RETURNING` take them, named like the fields. */
  readonly select: string;
  /** The column of a field. */
  column(field: keyof T & string): string;
  /** A selected row as the noun. */
  decode(row: unknown): T;
  /** A field's value as the database holds it. */
  encode(field: keyof T & string, value: unknown): Bindable;
}

/**
 * @param kinds how each field is stored.
 * @param columns the columns whose name is not the field's name in snake_case.
 */
export function defineRow<T extends object>(
  kinds: { readonly [Field in keyof T & string]-?: Kind },
  columns: { readonly [Field in keyof T & string]?: string } = {},
): Row<T> {
  const fields = Object.keys(kinds) as (keyof T & string)[];
  const column = (field: keyof T & string): string => columns[field] ?? snakeCase(field);
  const converted = fields.filter((field) => kinds[field] !== "plain");
  return {
    select: fields.map((field) => `${column(field)} AS ${quoted(field)}`).join(", "),
    column,
    decode: (row) => {
      const noun = row as Record<string, unknown>;
      for (const field of converted) noun[field] = decode(kinds[field], noun[field]);
      return noun as T;
    },
    encode: (field, value) => encode(kinds[field], value),
  };
}

function decode(kind: Kind, value: unknown): unknown {
  if (kind === "flag") return value === 1;
  if (kind === "flag_or_null") return value === null ? null : value === 1;
  return value === null ? null : (JSON.parse(value as string) as unknown);
}

function encode(kind: Kind, value: unknown): Bindable {
  if (value === null || value === undefined) return null;
  if (kind === "plain") return value as Bindable;
  return kind !== "json" ? Number(value === true) : JSON.stringify(value);
}

function snakeCase(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function quoted(name: string): string {
  return `"${name}"`;
}
