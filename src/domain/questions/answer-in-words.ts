/** Reads the words that a person wrote as a reply to a question: in a chat, or in a text field. */
import type { GivenAnswer } from "./check-answer.ts";
import type { Question } from "./question.ts";
import { serverFields } from "./server-form.ts";
import type { ServerField } from "./server-form.ts";

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
  return field === null ? null : { decision: "allow", content: { [field.key]: fieldValue(field, text) } };
}

/**
 * What words can say beside the options, as the end of a sentence; null: nothing.
 * @param isWhole whether the person sees all of the question.
 */
export function wordsHint(question: Asked, { isWhole }: { readonly isWhole: boolean }): string | null {
  switch (question.kind) {
    case "question":
      return isWhole ? "your answer" : null;
    case "plan":
      return '"deny" and what to change';
    case "permission":
    case "network":
      return '"deny" and why';
    case "consent":
      return null;
    case "elicitation": {
      const field = isWhole ? onlyField(question) : null;
      return field === null ? null : `the value of "${field.key}"`;
    }
  }
}

/** The field of a form that has only one; null: it has none or several. */
function onlyField({ kind, input }: Asked): ServerField | null {
  if (kind !== "elicitation" || input["mode"] === "url") return null;
  const [only, ...more] = serverFields(input);
  return only === undefined || more.length > 0 ? null : only;
}

/**
 * A form's value from words. A choice is its value or its title; several have commas between. What
 * does not fit stays a text, which the check then refuses.
 */
export function fieldValue({ type, choices }: Pick<ServerField, "type" | "choices">, text: string): unknown {
  const chosen = (words: string): string | number => {
    const known =
      choices.find(({ value }) => String(value) === words) ?? choices.find(({ label }) => label.toLowerCase() === words.toLowerCase());
    return known?.value ?? words;
  };
  switch (type) {
    case "number":
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case "boolean":
      return /^(yes|true|no|false)$/i.test(text) ? /^(yes|true)$/i.test(text) : text;
    case "choice":
      return chosen(text);
    case "choices": {
      const whole = chosen(text);
      return choices.some(({ value }) => value === whole) ? [whole] : text.split(",").map((each) => chosen(each.trim()));
    }
    case "string":
      return text;
  }
}
