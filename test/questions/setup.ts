/** What the tests of questions share: a worker whose tasks may ask, and waits for what they ask. */
import type { TestContext } from "node:test";
import type { QuestionView } from "../../src/contract/views/question.ts";
import type { Script } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";

export interface AskingWorker extends TestWorker {
  /** Waits until the task has this many questions in this state. Oldest first. */
  asked(id: number, count?: number, status?: QuestionView["status"]): Promise<QuestionView[]>;
}

/** A worker whose tasks ask a person. @param env more of the server's settings. */
export async function askingWorker(t: TestContext, script: Script = {}, env: Record<string, string> = {}): Promise<AskingWorker> {
  const w = await worker(t, script, { env: { CLAUDE_WORKER_ON_QUESTION: "ask", ...env } });
  return {
    ...w,
    asked: (id, count = 1, status = "open") =>
      until(`${count} questions of task ${id} that are ${status}`, async () => {
        const { questions } = await w.client.getTask({ id });
        const found = questions.filter((question) => question.status === status);
        return found.length >= count ? found : null;
      }),
  };
}

/** AskUserQuestion's input with one question of two options. */
export function oneQuestion(text: string, multiSelect = false) {
  const option = (label: string) => ({ label, description: `take ${label}` });
  return { questions: [{ question: text, header: "Choice", multiSelect, options: [option("Red"), option("Blue")] }] };
}
