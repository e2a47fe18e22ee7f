/** `edit_task`: changes what may change of a task after its submit. */
import { z } from "zod";
import { taskChange } from "../../contract/operations/tasks.ts";
import { WorkerError } from "../../domain/errors.ts";
import { briefOf, briefTask } from "../brief-task.ts";
import { data, defineTool } from "../tool.ts";
import { taskId } from "./arguments.ts";

const { name, priority, labels } = taskChange.shape;

export const editTask = defineTool({
  name: "edit_task",
  title: "Change a task's name, priority or labels",
  description:
    "Changes the name, the priority (higher starts earlier) or the labels (all of them are replaced) of a task. To change the rest: retry_task.",
  input: z.strictObject({ id: taskId, name, priority, labels }),
  output: z.object({ task: briefTask, next_step: z.string() }),
  writes: true,
  hints: { destructive: false, idempotent: true, openWorld: false },
  async run({ id, ...fields }, { api, caller }) {
    const change = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    if (Object.keys(change).length === 0) throw new WorkerError("invalid_input", "Nothing to change: give name, priority or labels.");
    const task = await api.updateTask({ id, ...change }, caller);
    return data({ task: briefOf(task), next_step: "get_task shows it in full." });
  },
});
