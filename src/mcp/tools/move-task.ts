/** `move_task`: moves a pending task among the client's own. */
import { z } from "zod";
import { moveInput } from "../../contract/operations/tasks.ts";
import { WorkerError } from "../../domain/errors.ts";
import { briefOf, briefTask } from "../brief-task.ts";
import { data, defineTool } from "../tool.ts";
import { taskId } from "./arguments.ts";

export const moveTask = defineTool({
  name: "move_task",
  title: "Move a task in the queue",
  description:
    "Changes the order in which your own pending tasks start: `to` front or back of them, or `before` another one. Tasks of others keep their places.",
  input: z.strictObject({ id: taskId, ...moveInput.shape }),
  output: z.object({ task: briefTask, next_step: z.string() }),
  writes: true,
  hints: { destructive: false, idempotent: true, openWorld: false },
  async run({ id, to, before }, { api, caller }) {
    if ((to === undefined) === (before === undefined))
      throw new WorkerError("invalid_input", "Say where to: give either to (front, back) or before.");
    const task = await api.moveTask({ id, ...(before === undefined ? { to } : { before }) }, caller);
    return data({ task: briefOf(task), next_step: "Continue with other work, or wait_for_tasks." });
  },
});
