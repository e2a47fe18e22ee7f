/** Asks a person at the terminal for the answer to one question, part by part. */
import type { QuestionView } from "../../contract/views/question.ts";
import { WorkerError } from "../../domain/errors.ts";
import { fieldValue } from "../../domain/questions/answer-in-words.ts";
import { fieldTakes } from "../../domain/questions/check-field.ts";
import { claudeQuestions } from "../../domain/questions/claude-questions.ts";
import type { ClaudeQuestion } from "../../domain/questions/claude-questions.ts";
import { asksToOpen } from "../../domain/questions/question.ts";
import { serverFields } from "../../domain/questions/server-form.ts";
import type { ServerField } from "../../domain/questions/server-form.ts";
import type { LineReader } from "../terminal/confirm.ts";
import { givenAnswer } from "./given-answer.ts";
import type { AnswerBody } from "./given-answer.ts";

/**
 * Asks for the answer, and for what belongs to it. Null: the person gives none.
 * @param enter what an empty line does.
 * @throws WorkerError invalid_input.
 */
export async function typedAnswer(question: QuestionView, reader: LineReader, enter: "leaves" | "skips"): Promise<AnswerBody | null> {
  const asked = question.kind === "question" ? claudeQuestions(question.input) : [];
  if (asked.length > 0) return await contentAnswer(asked, reader, enter);
  const text = await reader.ask(promptFor(question, enter));
  if (text === "") return null;
  if (isForm(question) && /^y(es)?$/i.test(text)) return await formAnswer(question, reader);
  const answer = answerIn(question, text);
  const isDenial = answer.decision === "deny" || answer.option === "deny";
  if (!isDenial || answer.message !== undefined || !takesReason.has(question.kind)) return answer;
  const why = await reader.ask("Why? Claude reads it (Enter: no reason):");
  return { decision: "deny", ...(why === "" ? {} : { message: why }) };
}

const takesReason: ReadonlySet<QuestionView["kind"]> = new Set(["permission", "network", "plan"]);

/** Asks Claude's questions one after the other. An empty line leaves all of them unanswered. */
async function contentAnswer(asked: readonly ClaudeQuestion[], reader: LineReader, enter: "leaves" | "skips"): Promise<AnswerBody | null> {
  const answers: Record<string, string | string[]> = {};
  for (const each of asked) {
    const { question, options, multiSelect } = each;
    const what = options.length === 0 ? "Your answer" : `${numbersUpTo(options.length, multiSelect)}, or another answer`;
    const choices = options.map(({ label }, index) => `${index + 1} ${label}`).join(", ");
    const text = await reader.ask(`${asked.length > 1 ? `${question} ${choices}. ` : ""}${what} (Enter ${enter}):`);
    if (text === "") return null;
    answers[question] = chosenBy(text, each);
  }
  return { answers };
}

/** The labels that numbers pick; any other text is the answer itself. @throws WorkerError. */
function chosenBy(text: string, { options, multiSelect }: ClaudeQuestion): string | string[] {
  if (options.length === 0 || !/^\d+(?:[\s,]+\d+)*$/.test(text)) return text;
  const labels = text.split(/[\s,]+/).map((number) => options[Number(number) - 1]?.label);
  const known = labels.filter((label) => label !== undefined);
  if (known.length < labels.length || (labels.length > 1 && !multiSelect)) throw noSuchNumber(options.length, multiSelect);
  return known.length === 1 ? (known[0] ?? text) : known;
}

function noSuchNumber(most: number, isSeveral = false): WorkerError {
  return new WorkerError("invalid_input", `Give ${numbersUpTo(most, isSeveral).toLowerCase()}.`);
}

function numbersUpTo(most: number, isSeveral: boolean): string {
  return isSeveral ? `Numbers from 1 to ${most} with commas between` : `A number from 1 to ${most}`;
}

function isForm({ kind, input }: QuestionView): boolean {
  return kind === "elicitation" && !asksToOpen({ kind, input });
}

/** Asks the fields of a form one after the other. Null: one that is needed got no value. */
async function formAnswer({ input }: QuestionView, reader: LineReader): Promise<AnswerBody | null> {
  const content: Record<string, unknown> = {};
  for (const field of serverFields(input)) {
    const { key, isRequired } = field;
    const text = await reader.ask(`${key}${valuesOf(field)} (${isRequired ? "Enter leaves the form" : "Enter leaves it out"}):`);
    if (reader.isOver || (text === "" && isRequired)) return null;
    if (text !== "") content[key] = fieldValue(field, text);
  }
  return { decision: "allow", content };
}

/** What a field takes, behind its name. */
function valuesOf(field: ServerField): string {
  const about = field.description ?? (field.title === field.key ? "" : field.title);
  const takes = field.type === "boolean" ? "yes or no" : fieldTakes(field);
  return [about, takes === "a text" ? "" : takes]
    .filter((part) => part !== "")
    .map((part, index) => `${index === 0 ? ": " : ", "}${part}`)
    .join("");
}

function promptFor(question: QuestionView, enter: "leaves" | "skips"): string {
  const { options } = question;
  if (isForm(question)) return `Fill the form in? yes, deny, or the form as JSON (Enter ${enter}):`;
  if (options.length === 0) return `Your answer (Enter ${enter}):`;
  return `${numbersUpTo(options.length, false)}, or deny "why" (Enter ${enter}):`;
}

function answerIn(question: QuestionView, text: string): AnswerBody {
  if (/^\d+$/.test(text) && question.options.length > 0) {
    if (question.options[Number(text) - 1] === undefined) throw noSuchNumber(question.options.length);
    return givenAnswer(question, [], { pick: [Number(text)] });
  }
  if (question.kind === "elicitation" && text.startsWith("{")) return givenAnswer(question, [], { content: text });
  if (/^y(es)?$/i.test(text)) return givenAnswer(question, ["allow"], {});
  if (/^no?$/i.test(text)) return givenAnswer(question, ["deny"], {});
  const [, reason] = /^deny\b\s*(.*)$/is.exec(text) ?? [];
  if (reason === undefined) return givenAnswer(question, [text], {});
  const why = reason.replace(/^"(.*)"$/s, "$1");
  return givenAnswer(question, why === "" ? ["deny"] : ["deny", why], {});
}
