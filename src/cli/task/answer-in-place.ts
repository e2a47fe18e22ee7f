/** Goes through open questions on a terminal, and answers those that the person wants to answer. */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { QuestionView } from "../../contract/views/question.ts";
import { messageOf, WorkerError } from "../../domain/errors.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { lineReader } from "../terminal/confirm.ts";
import type { LineReader } from "../terminal/confirm.ts";
import type { Io } from "../terminal/io.ts";
import { questionPage, questionTable } from "../terminal/render/question-page.ts";
import { say } from "../terminal/render/wrap.ts";
import { answeredText } from "./answered-text.ts";
import { questionId } from "./question-reference.ts";
import { typedAnswer } from "./typed-answer.ts";

/**
 * Lists the open questions of these tasks, and goes through them. @param tasks null: of all tasks.
 */
export async function answerOpen(client: WorkerClient, tasks: readonly TaskRef[] | null, io: Io): Promise<void> {
  const only = tasks?.length === 1 ? { task: tasks[0] } : {};
  const questions = await client.allQuestions({ status: ["open"], ...only });
  const open = questions.filter(({ task_id: task }) => tasks?.includes(task) ?? true);
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
      sayForgotten(reader.forget(), io);
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

/** What was pasted with one answer must not answer another question. */
function sayForgotten(lines: number, io: Io): void {
  if (lines > 0)
    say(
      io.stderr,
      `${lines} more pasted ${lines === 1 ? "line was" : "lines were"} not used. Give an answer of several lines with claude-worker answer.`,
    );
}

/** Undefined: the person leaves. Null: there is no such question. */
async function chosen(open: readonly QuestionView[], reader: LineReader, io: Io): Promise<QuestionView | null | undefined> {
  const word = await reader.ask(`Which one (${open.map(({ id }) => `q${id}`).join(", ")}; Enter leaves)?`);
  if (word === "" || reader.isOver) return undefined;
  const question = open.find(({ id }) => id === (questionId(word) ?? Number(word)));
  if (question === undefined) say(io.stderr, `"${plainLine(word, 100)}" is not in the list.`);
  return question ?? null;
}
