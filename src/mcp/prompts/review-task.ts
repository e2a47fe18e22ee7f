/** `review_task`: look critically at what a task did. */
import { completable, ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { WorkerApi } from "../../contract/api.ts";
import { taskRefInText } from "../../contract/task-ref.ts";
import type { TaskView } from "../../contract/views/task.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import { plainText } from "../../domain/text/plain-text.ts";
import { outputOf } from "../brief-task.ts";
import { completeTaskId } from "../resources.ts";
import { logExcerpt } from "../task-data.ts";

const promptCharacters = 5000;
const logLines = 60;

export function registerReviewTask(server: McpServer, api: WorkerApi): void {
  server.registerPrompt(
    "review_task",
    {
      title: "Review a task",
      description: "Checks what a task did against what it was asked to do.",
      argsSchema: z.object({
        id: completable(taskRefInText.describe("The task's number."), (part) => completeTaskId(api, part ?? "")),
      }),
    },
    async ({ id }) => ({ messages: [{ role: "user", content: { type: "text", text: await review(api, id) } }] }),
  );
}

async function review(api: WorkerApi, id: TaskRef): Promise<string> {
  const task = await taskOf(api, id);
  const log = await logExcerpt(api, id, logLines);
  const { result, error } = outputOf(task);
  const asked = plainText(task.prompt);
  return `Review task ${id} of Claude Worker (${task.status}), which worked in ${task.working_directory}.

It was asked:
<asked>
${asked.length > promptCharacters ? `${asked.slice(0, promptCharacters)}… (the rest is left out)` : asked}
</asked>

It says:
${result ?? error ?? "nothing"}

It did:
${log.text}

1. Read the files that it changed; do not rely on what it says.
2. Run the checks that it was asked to make pass.
3. Tell me: does the work do what was asked, completely? What is wrong or risky, with file and line? Was anything changed that should not have been?
4. If it needs more work, say what a follow-up task should be asked; create it only if I agree.`;
}

async function taskOf(api: WorkerApi, id: TaskRef): Promise<TaskView> {
  try {
    return await api.getTask({ id });
  } catch (error) {
    throw error instanceof WorkerError ? new ProtocolError(ProtocolErrorCode.InvalidParams, error.message) : error;
  }
}
