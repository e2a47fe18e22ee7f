/**
 * Reads the form of an MCP server's question (elicitation): flat fields, as the specification of
 * 2025-11-25 has them. Pages, chats, the command line and the check of answers read it here only.
 */
import { arrayOf, isObject, numberOf, objectOf, stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";

export const textFormats = ["email", "uri", "date", "date-time"] as const;
export type TextFormat = (typeof textFormats)[number];

export interface ServerField {
  readonly key: string;
  readonly title: string;
  readonly description: string | null;
  readonly isRequired: boolean;
  readonly type: "string" | "number" | "boolean" | "choice" | "choices";
  /** Of a choice. */
  readonly choices: readonly { readonly value: string | number; readonly label: string }[];
  /** Of a number: no fraction. */
  readonly isWhole: boolean;
  /** Bounds of a number, of a text's characters, of how many are chosen; null: there is none. */
  readonly least: number | null;
  readonly most: number | null;
  /** Of a text. */
  readonly format: TextFormat | null;
  /** What it has at first: a text, or the places of choices. */
  readonly preset: readonly string[];
}

export function serverFields(input: JsonObject): ServerField[] {
  const schema = objectOf(input["requestedSchema"]);
  const required = arrayOf(schema["required"]);
  return Object.entries(objectOf(schema["properties"])).map(([key, value]) => {
    const field = objectOf(value);
    const isSeveral = field["type"] === "array";
    const choices = choicesOf(isSeveral ? objectOf(field["items"]) : field, field);
    const type = isSeveral ? "choices" : choices.length > 0 ? "choice" : typeOf(field["type"]);
    const [least, most] = boundNames[type];
    return {
      key,
      title: stringOf(field["title"]) ?? key,
      description: stringOf(field["description"]),
      isRequired: required.includes(key),
      type,
      choices,
      isWhole: field["type"] === "integer",
      least: numberOf(field[least]),
      most: numberOf(field[most]),
      format: (type === "string" ? textFormats.find((each) => each === field["format"]) : null) ?? null,
      preset: presetOf(field["default"], choices),
    };
  });
}

/** An empty name: there is no such bound. */
const boundNames: Readonly<Record<ServerField["type"], readonly [least: string, most: string]>> = {
  string: ["minLength", "maxLength"],
  number: ["minimum", "maximum"],
  choices: ["minItems", "maxItems"],
  boolean: ["", ""],
  choice: ["", ""],
};

/** What a person has entered, as the server wants it. Fields without a text are left out. */
export function formContent(fields: readonly ServerField[], entered: (index: number) => readonly string[]): JsonObject {
  const values = fields.map((field, index) => [field.key, valueOf(field, entered(index))] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== null));
}

/** null: nothing was entered. What is not a number stays a text, for the check of the answer. */
function valueOf({ type, choices, isRequired }: ServerField, texts: readonly string[]): unknown {
  const [text = ""] = texts;
  const chosen = [...new Set(texts)].flatMap((place) => choices.find((_, at) => place === String(at))?.value ?? []);
  switch (type) {
    case "boolean":
      return text === "true";
    case "choices":
      return chosen.length === 0 && !isRequired ? null : chosen;
    case "choice":
      return chosen[0] ?? null;
    case "number":
      return text.trim() === "" ? null : Number.isFinite(Number(text)) ? Number(text) : text;
    case "string":
      return text === "" ? null : text;
  }
}

function typeOf(type: unknown): "string" | "number" | "boolean" {
  if (type === "boolean") return "boolean";
  return type === "number" || type === "integer" ? "number" : "string";
}

/** `enum` with perhaps `enumNames`, or `oneOf` and `anyOf` of constants with titles. */
function choicesOf(schema: JsonObject, field: JsonObject): ServerField["choices"] {
  const names = arrayOf(field["enumNames"]);
  const plain = arrayOf(schema["enum"]).map((value, index) => ({ value, label: names[index] }));
  const titled = [...arrayOf(schema["oneOf"]), ...arrayOf(schema["anyOf"])].filter(isObject);
  return (plain.length > 0 ? plain : titled.map((each) => ({ value: each["const"], label: each["title"] }))).flatMap(({ value, label }) => {
    const known = stringOf(value) ?? numberOf(value);
    return known === null ? [] : [{ value: known, label: stringOf(label) ?? String(known) }];
  });
}

function presetOf(value: unknown, choices: ServerField["choices"]): string[] {
  const values = Array.isArray(value) ? value : [value];
  if (choices.length === 0) return values.filter((each) => ["string", "number", "boolean"].includes(typeof each)).map(String);
  return choices.flatMap((each, place) => (values.includes(each.value) ? [String(place)] : []));
}
