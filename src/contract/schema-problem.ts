/** Says what is wrong with a value of a file that a person writes, by an issue of the schema. */

/** The parts of zod's issues that are read. */
export interface SchemaIssue {
  readonly code: string;
  readonly message: string;
  readonly expected?: string;
  readonly values?: readonly unknown[];
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  /** Of a key: what is wrong with it. */
  readonly issues?: readonly { readonly message: string }[];
}

const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  record: "names with values",
  object: "names with values",
  null: "empty",
  undefined: "missing",
};

/** A part of a sentence: "must be a text, and is a number". */
export function schemaProblem({ code, message, expected = "", values = [], issues, ...bounds }: SchemaIssue): string {
  if (code === "invalid_key") return issues?.[0]?.message ?? message;
  if (code === "invalid_value") return `must be ${oneOf(values.map(String))}`;
  if (code === "too_small" || code === "too_big") return sizeProblem(code, message, bounds);
  const received = /, received (\w+)$/.exec(message)?.[1];
  if (code !== "invalid_type" || received === undefined || !Object.hasOwn(kinds, expected)) return message;
  return received === "undefined" ? "is missing" : `must be ${kinds[expected]}, and is ${kinds[received] ?? received}`;
}

function sizeProblem(
  code: "too_small" | "too_big",
  message: string,
  { origin, minimum, maximum }: Pick<SchemaIssue, "origin" | "minimum" | "maximum">,
): string {
  const bound = code === "too_small" ? `at least ${minimum}` : `at most ${maximum}`;
  if (origin === "number" || origin === "int") return `must be ${bound}`;
  if (origin === "string") return minimum === 1 ? "must not be empty" : `must have ${bound} characters`;
  return origin === "array" ? `must have ${bound} elements` : message;
}

function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
