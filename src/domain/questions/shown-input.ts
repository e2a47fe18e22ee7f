/**
 * The input of a question as a person sees it who is away from the terminal: part by part, with
 * hidden characters made visible. What is too long to be read is cut.
 */
import { redactionMark } from "../text/secret-finder.ts";
import { visibleText } from "../text/plain-text.ts";
import type { JsonObject } from "../text/read-json.ts";

export interface ShownPart {
  readonly name: string;
  readonly text: string;
}

export interface ShownInput {
  readonly parts: readonly ShownPart[];
  /** What is not shown; null: nothing. What is not seen whole must not be allowed. */
  readonly missing: "rest" | "secret" | null;
}

/** More is not read on a phone before it is allowed. */
const mostCharacters = 20_000;

export function shownInput(input: JsonObject): ShownInput {
  const parts: ShownPart[] = [];
  let room = mostCharacters;
  for (const [key, value] of Object.entries(input)) {
    const [name, text] = [visibleText(key), visibleText(typeof value === "string" ? value : JSON.stringify(value, null, 2))];
    if (name.length + text.length > room) {
      const start = text.slice(0, Math.max(0, room - name.length)).toWellFormed();
      return { parts: [...parts, { name: name.slice(0, room), text: `${start}…` }], missing: "rest" };
    }
    parts.push({ name, text });
    room -= name.length + text.length;
  }
  return { parts, missing: parts.some(({ name, text }) => `${name}\n${text}`.includes(redactionMark)) ? "secret" : null };
}
