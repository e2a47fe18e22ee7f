/** `get_task`: one task, with what its agent said and did. */
import { z } from "zod";
import { agentOutput, wholeTask } from "../brief-task.ts";
import { taskData } from "../task-data.ts";
import { data, defineTool } from "../tool.ts";
import { taskId } from "./arguments.ts";

export const getTask = defineTool({
  name: "get_task",
  title: "Read a task",
  description: "One task: status, cost, and its result when it has ended. Not for waiting: wait_for_tasks does that.",
  input: z.strictObject({
    id: taskId,
    result_offset: z
      .int()
      .min(0)
      .optional()
      .describe("First character of the result to show, for results that are too long for one answer."),
  }),
  output: z.object({ task: wholeTask, agent_output: agentOutput, next_step: z.string() }),
  writes: false,
  hints: { destructive: false, idempotent: true, openWorld: false },
  async run({ id, result_offset }, { api, caller }) {
    return data(taskData(await api.getTask({ id }, caller), result_offset));
  },
});
