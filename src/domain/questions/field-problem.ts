/** Checks a value of a form against its field (server-form.ts): its type, choices and limits. */
import { arrayOf, numberOf, stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import { choicesOfField } from "./server-form.ts";

/** What is wrong with the value, as the end of a sentence; null: nothing. */
export function fieldProblem(field: JsonObject, value: unknown): string | null {
  return typeProblem(stringOf(field["type"]), value) ?? choiceProblem(field, value) ?? limitProblem(field, value);
}

function typeProblem(type: string | null, value: unknown): string | null {
  switch (type) {
    case "boolean":
      return typeof value === "boolean" ? null : "takes true or false";
    case "number":
      return typeof value === "number" ? null : "takes a number";
    case "integer":
      if (typeof value !== "number") return "takes a number";
      return Number.isInteger(value) ? null : "takes a whole number";
    case "string":
      return typeof value === "string" ? null : "takes a text";
    case "array":
      return isTexts(value) ? null : "takes a list of texts";
    default:
      return ["string", "number", "boolean"].includes(typeof value) || isTexts(value)
        ? null
        : "takes a text, a number, true or false, or a list of texts";
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function choiceProblem(field: JsonObject, value: unknown): string | null {
  const choices = choicesOfField(field).map((choice) => choice.value);
  if (Array.isArray(value)) {
    const isOffered = choices.length === 0 || value.every((each) => choices.includes(each as string));
    return isOffered ? null : `takes some of ${choices.join(", ")}`;
  }
  const listed = arrayOf(field["enum"]);
  const offered: readonly unknown[] = listed.length > 0 ? listed : choices;
  return offered.length === 0 || offered.includes(value) ? null : `takes one of ${offered.map(String).join(", ")}`;
}

function limitProblem(field: JsonObject, value: unknown): string | null {
  if (typeof value === "number") return beyond(value, field["minimum"], field["maximum"], "");
  if (typeof value === "string") return beyond(Array.from(value).length, field["minLength"], field["maxLength"], " characters");
  return Array.isArray(value) ? beyond(value.length, field["minItems"], field["maxItems"], " of them") : null;
}

function beyond(size: number, least: unknown, most: unknown, what: string): string | null {
  const [low, high] = [numberOf(least), numberOf(most)];
  if (low !== null && size < low) return `takes at least ${low}${what}`;
  return high !== null && size > high ? `takes at most ${high}${what}` : null;
}
