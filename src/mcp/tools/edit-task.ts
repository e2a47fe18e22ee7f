/** `edit_task`: changes what may change of a task after its submit. */
import { z } from "zod";
import { taskChange } from "../../contract/operations/tasks.ts";
import { WorkerError } from "../../domain/errors.ts";
import { briefOf, briefTask } from "../brief-task.ts";
import { data, defineTool } from "../tool.ts";
import { personalOptions } from "./agent-options.ts";
import { taskId } from "./arguments.ts";
import { agentTaskInput } from "./create-task.ts";

const { attachments: _fixed, ...personal } = personalOptions;

export const editTask = defineTool({
  name: "edit_task",
  title: "Change a task",
  description:
    "Changes the name, the priority (higher starts earlier) or the labels (all of them are replaced) of a task; while it is pending, its prompt and options, too. For a task that has begun: send_message; for an ended one: retry_task.",
  input: z.strictObject(taskChange.shape).omit(personal).extend({ id: taskId, permission_mode: agentTaskInput.shape.permission_mode }),
  output: z.object({ task: briefTask, next_step: z.string() }),
  writes: true,
  hints: { destructive: false, idempotent: true, openWorld: false },
  async run({ id, ...fields }, { api, caller }) {
    const change = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    if (Object.keys(change).length === 0)
      throw new WorkerError("invalid_input", "Nothing to change: give name, priority, labels, prompt or an option.");
    const task = await api.updateTask({ id, ...change }, caller);
    return data({ task: briefOf(task), next_step: "get_task shows it in full." });
  },
});
