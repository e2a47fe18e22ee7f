/** `rm`: removes ended tasks with their logs. */
import { WorkerError } from "../../../domain/errors.ts";
import { terminalStatuses } from "../../../domain/task/task.ts";
import { filterOptions, fittingTasks } from "../../task/choose-tasks.ts";
import type { FilterOptions } from "../../task/choose-tasks.ts";
import { defineCommand } from "../../commandline/command.ts";
import { canAsk, confirm } from "../../terminal/confirm.ts";
import { clientOf } from "../../server/connection.ts";
import { eachTask } from "../../task/each-task.ts";
import { actReference } from "../../task/task-reference.ts";
import type { TaskRef } from "../../../domain/task/task-ref.ts";

export const command = defineCommand<FilterOptions & { readonly yes?: boolean }>({
  name: "rm",
  summary: "Remove ended tasks with their events and logs",
  details: "A task that has not ended is refused: cancel it first. With a filter it asks first; without a terminal it then needs --yes.",
  arguments: [{ name: "[id...]", description: actReference, completes: "tasks" }],
  options: [
    ...filterOptions("every ended task"),
    { flags: "-y, --yes", description: "do not ask; needed with a filter where there is no terminal" },
  ],
  examples: [
    { command: "claude-worker rm 42", does: "remove one" },
    { command: "claude-worker rm --status failed", does: "remove all that failed, after a question" },
    { command: "claude-worker rm --all --yes", does: "remove every ended task, in a script" },
  ],
  async run(call) {
    const { io, options } = call;
    const client = clientOf(io);
    const fitting = await fittingTasks(call, { verb: "rm", done: "removed", possible: terminalStatuses, meant: terminalStatuses });
    if (fitting !== null && fitting.length > 0 && options.yes !== true) {
      const tasks = `${fitting.length} ended ${fitting.length === 1 ? "task" : "tasks"}`;
      if (!canAsk(io))
        throw new WorkerError(
          "invalid_input",
          `This would remove ${tasks} with their events and logs: without a terminal it needs --yes. To see them first: claude-worker list`,
        );
      await confirm(io, `Remove ${tasks} with their events and logs?`, new WorkerError("invalid_input", "Nothing was removed."));
    }
    const remove = async (id: TaskRef): Promise<{ id: TaskRef }> => {
      await client.removeTask({ id });
      return { id };
    };
    return await eachTask(call, remove, ({ id }) => `Task ${id} is removed.`, fitting);
  },
});
