/** `edit`: changes what may change after submit. */
import type { TaskChange } from "../../../contract/operations/tasks.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { eachTask } from "../../task/each-task.ts";
import { label } from "../../commandline/option-values.ts";
import { actReference } from "../../task/task-reference.ts";
import { defined, flagOf } from "../../task/task-flags.ts";
import type { TaskRef } from "../../../domain/task/task-ref.ts";

interface EditOptions {
  readonly name?: string;
  readonly priority?: number;
  readonly label?: [string, string][];
  readonly removeLabel?: string[];
}

export const command = defineCommand<EditOptions>({
  name: "edit",
  summary: "Change the name, priority or labels of tasks",
  details:
    "Labels that are not named stay. What else a task was submitted with does not change: retry it with other flags, or submit another.",
  arguments: [{ name: "<id...>", description: actReference, completes: "tasks" }],
  options: [
    { flags: "-n, --name <text>", description: "a name for lists; an empty one removes it" },
    { ...flagOf("priority"), description: "higher starts earlier" },
    { flags: "--label <key=value>", description: "sets a label; may be given several times", parse: label, repeat: true },
    { flags: "--remove-label <key>", description: "removes a label; may be given several times", repeat: true },
  ],
  examples: [
    { command: "claude-worker edit 42 --priority 10", does: "let it start before others" },
    { command: "claude-worker edit 42 43 --label team=core --remove-label draft", does: "change labels" },
  ],
  async run(call) {
    const { options, io } = call;
    const { name, priority, label: labels, removeLabel } = options;
    if ([name, priority, labels, removeLabel].every((value) => value === undefined))
      throw new WorkerError("invalid_input", "Nothing to change: give --name, --priority, --label or --remove-label.");
    const client = clientOf(io);
    const edit = async (id: TaskRef) => {
      const change: TaskChange = defined({ name: name?.trim() === "" ? null : name, priority });
      if (labels === undefined && removeLabel === undefined) return await client.updateTask({ id, ...change });
      const own = Object.entries((await client.getTask({ id })).labels).filter(([key]) => removeLabel?.includes(key) !== true);
      return await client.updateTask({ id, ...change, labels: Object.fromEntries([...own, ...(labels ?? [])]) });
    };
    return await eachTask(call, edit, ({ id }) => `Task ${id} is changed.`);
  },
});
