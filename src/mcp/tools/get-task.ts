/** `get_task`: one task, with what its agent said and did. */
import { z } from "zod";
import type { TaskView } from "../../contract/views.ts";
import { agentOutput, outputOf, wholeOf, wholeTask } from "../brief-task.ts";
import { data, defineTool } from "../tool.ts";
import type { ToolData } from "../tool.ts";
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
  run({ id, result_offset }, { api }) {
    return data(taskData(api.getTask(id), result_offset));
  },
});

/** What the tool tells of a task; also a handle's result. */
export function taskData(task: TaskView, from = 0): ToolData {
  const output = outputOf(task, { from });
  return { task: wholeOf(task), agent_output: output, next_step: nextStep(task, output.result_truncated) };
}

function nextStep(task: TaskView, truncated: boolean): string {
  switch (task.status) {
    case "pending":
    case "running":
      return `Continue with other work, or call wait_for_tasks with ids [${task.id}]. get_task_logs shows what it does now.`;
    case "waiting":
      return "It needs an answer from a person: tell the user.";
    case "completed":
      if (task.attention.length > 0)
        return "It completed, but see attention: what was denied, failed or left undone. Check the work; retry_task can allow more.";
      return truncated
        ? "The result is longer: call get_task with result_offset for the rest. Then check the work."
        : "Check the work: read the files it changed, run the tests.";
    case "cancelled":
      return "It was stopped on purpose. retry_task runs it again if the user wants that.";
    default:
      return "Read get_task_logs to see why, then retry_task, or create_task with a better prompt.";
  }
}
