/** Goes through open questions on a terminal, and answers those that the person wants to answer. */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { QuestionView } from "../../contract/views/question.ts";
import { messageOf, WorkerError } from "../../domain/errors.ts";
import { claudeQuestions } from "../../domain/questions/claude-questions.ts";
import type { ClaudeQuestion } from "../../domain/questions/claude-questions.ts";
import { asksToOpen } from "../../domain/questions/question.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { lineReader } from "../terminal/confirm.ts";
import type { LineReader } from "../terminal/confirm.ts";
import type { Io } from "../terminal/io.ts";
import { questionPage, questionTable } from "../terminal/render/question-page.ts";
import { say } from "../terminal/render/wrap.ts";
import { answeredText } from "./answered-text.ts";
import { givenAnswer } from "./given-answer.ts";
import type { AnswerBody } from "./given-answer.ts";
import { questionId } from "./question-reference.ts";

/**
 * Lists the open questions of these tasks, and goes through them. @param tasks null: of all tasks.
 */
export async function answerOpen(client: WorkerClient, tasks: readonly TaskRef[] | null, io: Io): Promise<void> {
  const { questions } = await client.listQuestions({ status: ["open"], limit: 500 });
  const open = questions.filter(({ task_id: task }) => tasks?.includes(task) ?? true).toReversed();
  if (open.length === 0) return say(io.stdout, "Nothing needs you.");
  await answerInPlace(client, open, io);
}

/**
 * Lists the questions and asks which one to answer, until the person gives an empty line, Ctrl-C or
 * Ctrl-D. The only one, and the last one, is asked at once.
 */
export async function answerInPlace(client: WorkerClient, questions: readonly QuestionView[], io: Io): Promise<void> {
  const reader = lineReader(io);
  let open = [...questions];
  let shown: QuestionView | null = null;
  if (open.length > 1) io.stdout.write(questionTable(open, { output: io.stdout, now: Date.now() }));
  try {
    while (open.length > 0) {
      const isOnly = open.length === 1;
      const question = isOnly ? open[0] : await chosen(open, reader, io);
      if (question === undefined) break;
      if (question === null) continue;
      if (question !== shown) io.stdout.write(questionPage(question, { output: io.stdout, now: Date.now() }));
      shown = isOnly ? question : null;
      try {
        const answer = await typedAnswer(question, reader, isOnly ? "leaves" : "skips");
        if (reader.isOver || (answer === null && isOnly)) break;
        if (answer === null) continue;
        const answered = await client.answerQuestion({ id: question.id, ...answer });
        say(io.stdout, await answeredText(client, answered));
        open = open.filter(({ id }) => id !== question.id);
      } catch (error) {
        if (!(error instanceof WorkerError)) throw error;
        // The question stands above.
        say(io.stderr, messageOf(error).replace(/ See it: claude-worker inbox q\d+$/, ""));
        if (error.code === "conflict") open = open.filter(({ id }) => id !== question.id);
      }
    }
  } finally {
    reader.close();
  }
}

/** Undefined: the person leaves. Null: there is no such question. */
async function chosen(open: readonly QuestionView[], reader: LineReader, io: Io): Promise<QuestionView | null | undefined> {
  const word = await reader.ask(`Which one (${open.map(({ id }) => `q${id}`).join(", ")}; Enter leaves)?`);
  if (word === "" || reader.isOver) return undefined;
  const question = open.find(({ id }) => id === (questionId(word) ?? Number(word)));
  if (question === undefined) say(io.stderr, `"${plainLine(word, 100)}" is not in the list.`);
  return question ?? null;
}

/**
 * Asks for the answer, and for what belongs to it. Null: the person gives none.
 * @param enter what an empty line does.
 * @throws WorkerError invalid_input.
 */
async function typedAnswer(question: QuestionView, reader: LineReader, enter: "leaves" | "skips"): Promise<AnswerBody | null> {
  const asked = question.kind === "question" ? claudeQuestions(question.input) : [];
  if (asked.length > 0) return await contentAnswer(asked, reader, enter);
  const text = await reader.ask(promptFor(question, enter));
  if (text === "") return null;
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

function promptFor({ options, kind, input }: QuestionView, enter: "leaves" | "skips"): string {
  if (kind === "elicitation" && !asksToOpen({ kind, input })) return `The form as JSON, or deny (Enter ${enter}):`;
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
