/** Checks that an answer fits its question, and completes it. An answer never widens the task. */
import { WorkerError } from "../errors.ts";
import type { JsonObject } from "../text/read-json.ts";
import { fieldTakes, fitsField } from "./check-field.ts";
import { claudeQuestions } from "./claude-questions.ts";
import type { ClaudeQuestion } from "./claude-questions.ts";
import { offeredOptions } from "./offered-options.ts";
import { planModes } from "./question.ts";
import type { Answer, AnswerDecision, Question } from "./question.ts";
import { serverFields } from "./server-form.ts";

/** An answer as a caller gives it. */
export interface GivenAnswer {
  readonly decision?: AnswerDecision | undefined;
  readonly message?: string | undefined;
  readonly answers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** One of the labels of `offeredOptions`. */
  readonly option?: string | undefined;
  readonly mode?: string | undefined;
  readonly content?: JsonObject | undefined;
  readonly remember?: "directory" | undefined;
}

type Asked = Pick<Question, "id" | "kind" | "tool" | "input" | "rule">;

/**
 * The answer that counts.
 * @throws WorkerError unprocessable: what does not fit, and what would.
 */
export function checkedAnswer(question: Asked, given: GivenAnswer): Answer {
  switch (question.kind) {
    case "permission":
    case "network":
    case "consent":
      return permissionAnswer(question, given);
    case "question":
      return contentAnswer(question, given);
    case "plan":
      return planAnswer(question, given);
    case "elicitation":
      return formAnswer(question, given);
  }
}

function permissionAnswer(question: Asked, given: GivenAnswer): Answer {
  refuseFields(question, given, ["answers", "mode", "content"]);
  const option = offered(question, given.option);
  const decision = decided(question, given, option === null ? null : option === "deny" ? "deny" : "allow");
  const isRemembered = given.remember !== undefined || option === "always";
  if (decision === "allow" && given.message !== undefined)
    throw unfit(question, "takes words only with a denial: Claude would not see them. Leave the message out.");
  if (!isRemembered) return { decision, ...messageOf(given) };
  if (decision === "deny") throw unfit(question, "can only be remembered when it is allowed. Leave `remember` out.");
  if (question.rule === null) throw unfit(question, "offers no rule that could be remembered. Allow this one call only.");
  return { decision, rule: question.rule };
}

function contentAnswer(question: Asked, given: GivenAnswer): Answer {
  refuseFields(question, given, ["mode", "content", "remember"]);
  const asked = claudeQuestions(question.input);
  const option = given.option === undefined ? null : offered(question, given.option);
  const decision = decided(question, given, option === null && given.answers === undefined ? null : "allow");
  const texts = [given.option, given.answers, messageOf(given).message].filter((each) => each !== undefined);
  if (decision === "allow" && texts.length > 1)
    throw unfit(question, "got several answers at once. Give only one of an option, answers by question, or words.");
  if (decision === "deny") {
    if (given.answers !== undefined) throw unfit(question, "is denied and answered at once. Do one of both.");
    return { decision, ...messageOf(given) };
  }
  if (option !== null) return { decision, answers: { [asked[0]?.question ?? ""]: option } };
  if (given.answers !== undefined) return { decision, answers: checkedAnswers(question, asked, given.answers) };
  if (given.message !== undefined && given.message.trim() !== "") return textAnswer(asked, given.message);
  throw unfit(question, `needs an answer: ${asked.map(({ question: text }) => `"${text}"`).join(", ")}.`);
}

/** A text alone answers the only question, or all of them in words. */
function textAnswer(asked: readonly ClaudeQuestion[], text: string): Answer {
  const [only, ...more] = asked;
  return only !== undefined && more.length === 0
    ? { decision: "allow", answers: { [only.question]: text } }
    : { decision: "allow", message: text };
}

function checkedAnswers(question: Asked, asked: readonly ClaudeQuestion[], answers: NonNullable<GivenAnswer["answers"]>) {
  const known = new Set(asked.map(({ question: text }) => text));
  const unknown = Object.keys(answers).find((text) => !known.has(text));
  if (unknown !== undefined)
    throw unfit(question, `does not ask "${unknown}". It asks: ${[...known].map((text) => `"${text}"`).join(", ")}.`);
  for (const { question: text, multiSelect } of asked) {
    const answer = Object.hasOwn(answers, text) ? answers[text] : undefined;
    const choices = answer === undefined ? [] : typeof answer === "string" ? [answer] : answer;
    if (choices.length === 0 || choices.some((choice) => choice.trim() === "")) throw unfit(question, `needs an answer to "${text}".`);
    if (choices.length > 1 && !multiSelect) throw unfit(question, `takes one answer to "${text}", not ${choices.length}.`);
  }
  return answers;
}

function planAnswer(question: Asked, given: GivenAnswer): Answer {
  refuseFields(question, given, ["answers", "content", "remember"]);
  const option = offered(question, given.option);
  const decision = decided(question, given, option === null ? null : option === "deny" ? "deny" : "allow");
  if (decision === "deny") {
    if (given.mode !== undefined) throw unfit(question, "is denied, and a denial takes no mode. Leave the mode out.");
    return { decision, ...messageOf(given) };
  }
  const asked = given.mode ?? (option === null ? "default" : option);
  const mode = planModes.find((each) => each === asked);
  if (mode === undefined) throw unfit(question, `offers the modes ${planModes.join(" and ")}, not "${asked}".`);
  if (given.message !== undefined) throw unfit(question, "takes words only with a denial. Leave the message out.");
  return { decision, mode };
}

function formAnswer(question: Asked, given: GivenAnswer): Answer {
  refuseFields(question, given, ["answers", "mode", "remember"]);
  const option = offered(question, given.option);
  const byForm = given.content === undefined || given.decision !== undefined ? null : "allow";
  const decision = decided(question, given, option === null ? byForm : option === "deny" ? "deny" : "allow");
  if (messageOf(given).message !== undefined)
    throw unfit(question, "takes no words: its MCP server gets none. Leave them out, and tell Claude with a message: claude-worker send.");
  if (decision === "deny") {
    if (given.content !== undefined) throw unfit(question, "is denied and filled in at once. Leave the content out, or allow it.");
    return { decision };
  }
  if (question.input["mode"] === "url") {
    if (given.content !== undefined) throw unfit(question, "has no form: it asks to open an address. Leave the content out.");
    return { decision };
  }
  const content = given.content ?? {};
  const fields = serverFields(question.input);
  const unknown = Object.keys(content).find((name) => fields.every(({ key }) => key !== name));
  if (unknown !== undefined) throw unfit(question, `has no field "${unknown}". It has: ${fields.map(({ key }) => key).join(", ")}.`);
  for (const field of fields) {
    if (!Object.hasOwn(content, field.key)) {
      if (field.isRequired) throw unfit(question, `needs the field "${field.key}": it takes ${fieldTakes(field)}.`);
    } else if (!fitsField(field, content[field.key]))
      throw unfit(question, `has the field "${field.key}", which takes ${fieldTakes(field)}.`);
  }
  return { decision, content };
}

const names = { answers: "answers", mode: "a mode", content: "a form", remember: "a rule" } as const;

function refuseFields(question: Asked, given: GivenAnswer, fields: readonly (keyof typeof names)[]): void {
  const field = fields.find((each) => given[each] !== undefined);
  if (field !== undefined) throw unfit(question, `takes no ${names[field].replace(/^a /, "")} (\`${field}\`).`);
}

/** The label that was picked; null: none was. */
function offered(question: Asked, label: string | undefined): string | null {
  if (label === undefined) return null;
  const options = offeredOptions(question);
  const found =
    options.find((option) => option.label === label) ?? options.find((option) => option.label.toLowerCase() === label.toLowerCase());
  if (found !== undefined) return found.label;
  const list = options.map((option) => `"${option.label}"`).join(", ");
  throw unfit(question, list === "" ? "offers no options: answer each of its questions by its text." : `offers ${list}, not "${label}".`);
}

function decided(question: Asked, given: GivenAnswer, byOption: AnswerDecision | null): AnswerDecision {
  const { decision } = given;
  if (decision !== undefined && byOption !== null && decision !== byOption)
    throw unfit(question, `got the decision "${decision}" and the option "${given.option ?? ""}", which do not go together.`);
  const found = decision ?? byOption ?? (question.kind === "question" && given.message !== undefined ? "allow" : null);
  if (found === null) throw unfit(question, 'needs a decision: "allow" or "deny".');
  return found;
}

function messageOf({ message }: GivenAnswer): Pick<Answer, "message"> {
  return message === undefined || message.trim() === "" ? {} : { message };
}

function unfit({ id, kind }: Asked, what: string): WorkerError {
  return new WorkerError("unprocessable", `Question q${id} (${kind}) ${what} See it: claude-worker inbox q${id}`);
}
