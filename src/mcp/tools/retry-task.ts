/** `retry_task`: runs an ended task again. */
import { z } from "zod";
import { briefOf, briefTask } from "../brief-task.ts";
import { data, defineTool } from "../tool.ts";
import { taskId } from "./arguments.ts";

export const retryTask = defineTool({
  name: "retry_task",
  title: "Retry a task",
  description:
    "Runs an ended task again from its beginning, with the same prompt. If the prompt was the fault, create_task with a better one.",
  input: z.strictObject({ id: taskId }),
  output: z.object({ task: briefTask, next_step: z.string() }),
  writes: true,
  hints: { destructive: false, idempotent: false, openWorld: true },
  async run({ id }, { api, caller }) {
    const task = await api.retryTask(id, caller);
    return data({ task: briefOf(task), next_step: `It is in the queue again. Go on with other work, or wait_for_tasks with ids [${id}].` });
  },
});
