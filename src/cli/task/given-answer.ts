/** Makes an answer of the words and flags of `answer`. What fits is the server's to decide. */
import type { QuestionView } from "../../contract/views/question.ts";
import type { ClientInput } from "../../contract/client-input.ts";
import { claudeQuestions } from "../../domain/questions/claude-questions.ts";
import { WorkerError } from "../../domain/errors.ts";
import { isObject } from "../../domain/text/read-json.ts";

export type AnswerBody = Omit<ClientInput<"answerQuestion">, "id">;

export interface AnswerFlags {
  readonly deny?: boolean;
  readonly always?: boolean;
  /** Several only where the question takes several. */
  readonly pick?: readonly number[];
  readonly mode?: string;
  /** `question=answer`. */
  readonly answer?: readonly string[];
  /** JSON of a form. */
  readonly content?: string;
}

/**
 * @param words what stands behind the question: `allow`, `deny "why"`, or the text of an answer.
 * @throws WorkerError invalid_input with what to write instead.
 */
export function givenAnswer(question: QuestionView, words: readonly string[], flags: AnswerFlags): AnswerBody {
  requireOneAnswer(question, words, flags);
  const [first, ...rest] = words;
  const isContent = question.kind === "question";
  const reason = question.kind === "elicitation" ? "" : ' "why"';
  if (flags.pick !== undefined) return { ...pickedBy(question, flags.pick), ...more(flags) };
  if (flags.answer !== undefined) return { answers: answersOf(flags.answer), ...more(flags) };
  if (flags.content !== undefined) return { decision: "allow", content: formOf(flags.content), ...more(flags) };
  if (isContent) {
    const text = words.join(" ");
    if (flags.deny === true) return { decision: "deny", ...(text === "" ? {} : { message: text }), ...more(flags) };
    if (text === "") throw new WorkerError("invalid_input", `Give the answer to q${question.id}: claude-worker answer q${question.id} "…"`);
    return { ...textOrOption(question, text), ...more(flags) };
  }
  if (first === "deny" || flags.deny === true) {
    const text = (first === "deny" ? rest : words).join(" ");
    return { decision: "deny", ...(text === "" ? {} : { message: text }), ...more(flags) };
  }
  if (first !== undefined && first !== "allow") return { option: words.join(" "), ...more(flags) };
  if (first === undefined && flags.always !== true && flags.mode === undefined)
    throw new WorkerError("invalid_input", `Say what to answer: claude-worker answer q${question.id} allow, or deny${reason}.`);
  if (rest.length > 0)
    throw new WorkerError(
      "invalid_input",
      `"allow" takes no more words: Claude would not see them. To send words: ${reason === "" ? `claude-worker send ${question.task_id}` : `claude-worker answer q${question.id} deny`} "…"`,
    );
  return { decision: "allow", ...more(flags) };
}

/** @throws WorkerError invalid_input: of two answers one would have no effect. */
function requireOneAnswer({ id }: QuestionView, words: readonly string[], { pick, answer, content, deny }: AnswerFlags): void {
  const flags: readonly (readonly [string, boolean])[] = [
    ["--pick", pick !== undefined],
    ["--answer", answer !== undefined],
    ["--content", content !== undefined],
    // Words may be the reason of a denial.
    [deny === true ? "--deny" : "words", deny === true || words.length > 0],
  ];
  const given = flags.filter(([, isGiven]) => isGiven).map(([name]) => name);
  if (given.length > 1) throw new WorkerError("invalid_input", `${given.join(" and ")} are two answers to q${id}. Give one of them.`);
}

/** A text that is an offered label picks it; every other text is the answer itself. */
function textOrOption(question: QuestionView, text: string): AnswerBody {
  return question.options.some(({ label }) => label === text) ? { option: text } : { decision: "allow", message: text };
}

function more({ always, mode }: AnswerFlags): AnswerBody {
  return { ...(always === true ? { remember: "directory" as const } : {}), ...(mode === undefined ? {} : { mode }) };
}

/** Several numbers answer one question that takes several. */
function pickedBy(question: QuestionView, numbers: readonly number[]): AnswerBody {
  const labels = numbers.map((number) => picked(question, number));
  const [only, ...others] = labels;
  if (others.length === 0) return { option: only };
  const [asked] = question.kind === "question" ? claudeQuestions(question.input) : [];
  if (asked?.multiSelect === true) return { answers: { [asked.question]: labels } };
  throw new WorkerError("invalid_input", `q${question.id} takes one answer, so --pick takes one number.`);
}

function picked({ id, options }: QuestionView, number: number): string {
  const option = options[number - 1];
  if (option !== undefined) return option.label;
  if (options.length === 0)
    throw new WorkerError(
      "invalid_input",
      `q${id} offers nothing to pick. Answer it by its text: claude-worker answer q${id} --answer "question=answer"`,
    );
  const list = options.map(({ label }, index) => `  ${index + 1}  ${label}`).join("\n");
  throw new WorkerError("invalid_input", `q${id} offers ${options.length} answers, so --pick takes 1 to ${options.length}:\n${list}`);
}

function answersOf(pairs: readonly string[]): Record<string, string | string[]> {
  const answers: Record<string, string[]> = {};
  for (const pair of pairs) {
    const at = pair.lastIndexOf("=");
    if (at < 1) throw new WorkerError("invalid_input", `--answer takes "question=answer", not "${pair}".`);
    (answers[pair.slice(0, at)] ??= []).push(pair.slice(at + 1));
  }
  return Object.fromEntries(Object.entries(answers).map(([question, given]) => [question, given.length === 1 ? (given[0] ?? "") : given]));
}

function formOf(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (isObject(value)) return { ...value };
  } catch {
    // Below.
  }
  throw new WorkerError("invalid_input", `--content takes a JSON object like '{"name": "value"}'.`);
}
