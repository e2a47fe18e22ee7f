/** Reads the words that a person wrote as a reply to a question: in a chat, or in a text field. */
import { objectOf, stringOf } from "../text/read-json.ts";
import type { GivenAnswer } from "./check-answer.ts";
import type { Question } from "./question.ts";

type Asked = Pick<Question, "kind" | "input">;

/**
 * The answer that the words are; null: they are none. They may also not fit, which the check of the
 * answer says.
 * @param options the labels that were offered with the question.
 */
export function answerInWords(question: Asked, words: string, options: readonly string[]): GivenAnswer | null {
  const text = words.trim();
  const option = options.find((each) => each.toLowerCase() === text.toLowerCase());
  if (option !== undefined) return { option };
  if (text === "") return null;
  if (question.kind === "question") return { decision: "allow", message: text };
  const [, reason] = /^deny\b[\s:,.]*([^]*)$/i.exec(text) ?? [];
  if (reason !== undefined) return { decision: "deny", ...(reason === "" ? {} : { message: reason }) };
  const field = onlyField(question);
  return field === null ? null : { decision: "allow", content: { [field.name]: fieldValue(field.type, text) } };
}

/**
 * What words can say beside the options, as the end of a sentence; null: nothing.
 * @param isWhole whether the person sees all of the question.
 */
export function wordsHint(question: Asked, { isWhole }: { readonly isWhole: boolean }): string | null {
  switch (question.kind) {
    case "question":
      return "your answer";
    case "plan":
      return '"deny" and what to change';
    case "permission":
    case "network":
      return '"deny" and why';
    case "consent":
      return null;
    case "elicitation": {
      const field = isWhole ? onlyField(question) : null;
      return field === null ? null : `the value of "${field.name}"`;
    }
  }
}

/** The field of a form that has only one; null: it has none or several. */
function onlyField({ kind, input }: Asked): { readonly name: string; readonly type: string | null } | null {
  if (kind !== "elicitation" || input["mode"] === "url") return null;
  const [only, ...more] = Object.entries(objectOf(objectOf(input["requestedSchema"])["properties"]));
  return only === undefined || more.length > 0 ? null : { name: only[0], type: stringOf(objectOf(only[1])["type"]) };
}

/** A form's value from words. What does not fit stays a text, which the check then refuses. */
export function fieldValue(type: string | null, text: string): unknown {
  if ((type === "number" || type === "integer") && Number.isFinite(Number(text))) return Number(text);
  if (type === "boolean" && /^(yes|true|no|false)$/i.test(text)) return /^(yes|true)$/i.test(text);
  return text;
}
