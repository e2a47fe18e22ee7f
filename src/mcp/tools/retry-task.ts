/** `retry_task`: runs an ended task again. */
import { z } from "zod";
import { briefOf, briefTask } from "../brief-task.ts";
import { data, defineTool } from "../tool.ts";
import { retryInput } from "../../contract/retry-input.ts";
import { personalOptions } from "./agent-options.ts";
import { taskId } from "./arguments.ts";
import { agentTaskInput } from "./create-task.ts";

export const retryTask = defineTool({
  name: "retry_task",
  title: "Retry a task",
  description:
    "Runs an ended task again from its beginning (with `resume` where its session was: after `error.retryable`), with the same prompt and what you change of the rest (e.g. allow what was denied). If the prompt was the problem, use create_task with a better one.",
  input: retryInput.omit(personalOptions).extend({ id: taskId, permission_mode: agentTaskInput.shape.permission_mode }),
  output: z.object({ task: briefTask, next_step: z.string() }),
  writes: true,
  hints: { destructive: false, idempotent: false, openWorld: true },
  async run({ id, ...changes }, { api, caller }) {
    const task = await api.retryTask({ id, ...changes }, caller);
    return data({
      task: briefOf(task),
      next_step: `It is in the queue again. Continue with other work, or wait_for_tasks with ids [${id}].`,
    });
  },
});
