/** `cancel_task`: stops a task for good. */
import { z } from "zod";
import { briefOf, briefTask } from "../brief-task.ts";
import { data, defineTool } from "../tool.ts";
import { taskId } from "./arguments.ts";

export const cancelTask = defineTool({
  name: "cancel_task",
  title: "Cancel a task",
  description:
    "Stops a task that has not ended, and every process that it started. Files that it has written stay. A second cancel is harmless.",
  input: z.strictObject({ id: taskId }),
  output: z.object({ task: briefTask, next_step: z.string() }),
  writes: true,
  hints: { destructive: true, idempotent: true, openWorld: false },
  async run({ id }, { api, caller }) {
    const task = await api.cancelTask({ id }, caller);
    const next_step =
      task.status === "cancelled"
        ? "It has ended. retry_task would run it again from the beginning."
        : (task.warning ?? `It ends within seconds; wait_for_tasks with ids [${id}] tells when.`);
    return data({ task: briefOf(task), next_step });
  },
});
