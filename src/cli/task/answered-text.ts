/** What a person reads after an answer. */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { QuestionView } from "../../contract/views/question.ts";
import { plainLine, visibleText } from "../../domain/text/plain-text.ts";

/** More are counted, not named. */
const named = 10;

/** Says what became of the answer, and which other questions the task still waits for. */
export async function answeredText(client: WorkerClient, { id, kind, task_id: task, answer }: QuestionView): Promise<string> {
  if (kind === "consent") {
    const next =
      answer?.decision === "allow" ? "Tasks continue, and are paid for until the reset" : "Tasks wait for the reset of the limits";
    return `q${id} is answered. ${next}.`;
  }
  const rule =
    answer?.rule === undefined
      ? ""
      : ` From now on the directory's tasks may: ${plainLine(visibleText(answer.rule), 500)} (see: claude-worker rules)`;
  // The answer is stored, also when the server cannot be asked any more.
  const open = await client.allQuestions({ task, status: ["open"] }).catch(() => null);
  const others = open?.filter((each) => each.kind !== "consent");
  return `q${id} is answered.${others === undefined ? "" : ` ${nextOf(task, others)}`}${rule}`;
}

function nextOf(task: QuestionView["task_id"], open: readonly QuestionView[]): string {
  if (open.length === 0) return `Task ${task} continues.`;
  const names = open.map(({ id }) => `q${id}`);
  const list = `${names.slice(0, named).join(", ")}${names.length > named ? ", …" : ""}`;
  return `Task ${task} waits for ${open.length === 1 ? "one more answer" : `${open.length} more answers`}: ${list}.`;
}
