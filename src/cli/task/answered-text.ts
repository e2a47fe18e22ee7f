/** What a person reads after an answer. */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { QuestionView } from "../../contract/views/question.ts";
import { plainLine, visibleText } from "../../domain/text/plain-text.ts";

/** More are counted, not named. */
const named = 10;

/** Says what became of the answer, and which other questions the task still waits for. */
export async function answeredText(client: WorkerClient, { id, task_id: task, answer }: QuestionView): Promise<string> {
  const rule =
    answer?.rule === undefined
      ? ""
      : ` From now on the directory's tasks may: ${plainLine(visibleText(answer.rule), 500)} (see: claude-worker rules)`;
  // The answer is stored, also when the server cannot be asked any more.
  const open = await client.listQuestions({ task, status: ["open"], limit: 500 }).catch(() => null);
  return `q${id} is answered.${open === null ? "" : ` ${nextOf(task, open.questions)}`}${rule}`;
}

function nextOf(task: QuestionView["task_id"], open: readonly QuestionView[]): string {
  if (open.length === 0) return `Task ${task} continues.`;
  const names = open.toReversed().map(({ id }) => `q${id}`);
  const list = `${names.slice(0, named).join(", ")}${names.length > named ? ", …" : ""}`;
  return `Task ${task} waits for ${open.length === 1 ? "one more answer" : `${open.length} more answers`}: ${list}.`;
}
