/** `list_tasks`: a short line per task, page by page. */
import { z } from "zod";
import { listQuery } from "../../contract/operations/tasks.ts";
import { optionValues } from "../../contract/task-options.ts";
import { taskPage } from "../../contract/views/task.ts";
import { serverView } from "../../contract/views/server.ts";
import { taskStatuses } from "../../domain/task/task.ts";
import { briefOf, briefTask } from "../brief-task.ts";
import { data, defineTool } from "../tool.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";

/** What an agent gives as over REST. The rest is text there, and values here. */
const { working_directory, created_after, created_before, order, text, name, group, cursor } = listQuery.shape;

export const listTasks = defineTool({
  name: "list_tasks",
  title: "List tasks",
  description: "Tasks, newest first, one short line each, with counts by status. get_task has the rest.",
  input: z.strictObject({
    status: z.array(z.enum(taskStatuses)).min(1).max(taskStatuses.length).optional().describe("Only these statuses."),
    working_directory,
    labels: optionValues.labels.optional().describe("Only tasks with all of these labels."),
    created_after,
    created_before,
    order,
    attention: z
      .boolean()
      .optional()
      .describe("true: only completed tasks with something to look at (denied calls, a failed last command …)."),
    text,
    name,
    group,
    limit: z.int().min(1).max(100).default(20),
    cursor,
  }),
  output: z.object({
    tasks: z.array(briefTask),
    next_cursor: taskPage.shape.next_cursor,
    counts: serverView.shape.counts,
    next_step: z.string(),
  }),
  writes: false,
  hints: { destructive: false, idempotent: true, openWorld: false },
  async run({ labels, ...query }, { api, caller }) {
    const label = labels === undefined ? undefined : Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    const page = await api.listTasks({ ...query, label }, caller);
    const open = page.tasks.filter(({ status }) => status === "pending" || status === "running").map(({ id }) => id);
    return data({
      tasks: page.tasks.map(briefOf),
      next_cursor: page.next_cursor,
      counts: (await api.server({}, caller)).counts,
      next_step: nextStep(open, page.next_cursor !== null),
    });
  },
});

function nextStep(open: readonly TaskRef[], more: boolean): string {
  const rest = more ? " There are more: pass next_cursor as cursor." : "";
  return open.length > 0
    ? `To wait for those that have not ended: wait_for_tasks with ids [${open.slice(0, 50).join(", ")}].${rest}`
    : `get_task shows one in full.${rest}`;
}
