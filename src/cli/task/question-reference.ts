/** Which question a person means: `q7`, or a task that has exactly one open question. */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { QuestionView } from "../../contract/views/question.ts";
import { WorkerError } from "../../domain/errors.ts";
import { actTaskId } from "./task-reference.ts";

/** For the help of commands. */
export const questionReference = "the question (q7), or its task where only one question is open";

/** @throws WorkerError not_found, conflict: none or several are open; they are listed. */
export async function questionOf(client: WorkerClient, text: string): Promise<QuestionView> {
  const id = questionId(text);
  if (id !== null) return await client.getQuestion({ id });
  const task = await actTaskId(client, text);
  const questions = await client.allQuestions({ task, status: ["open"] });
  const [only, ...more] = questions;
  if (only !== undefined && more.length === 0) return only;
  if (only === undefined) {
    const { status } = await client.getTask({ id: task });
    throw new WorkerError("conflict", `Task ${task} is ${status} and has no open question. See what waits: claude-worker inbox`);
  }
  const list = questions.map((question) => `  q${question.id}  ${question.text}`);
  throw new WorkerError("conflict", `Task ${task} has ${questions.length} open questions. Name one, like q${only.id}:\n${list.join("\n")}`);
}

/** The number of `q7`; null: the text names no question. */
export function questionId(text: string): number | null {
  const digits = /^[qQ](\d{1,15})$/.exec(text.trim())?.[1];
  return digits === undefined ? null : Number(digits);
}
