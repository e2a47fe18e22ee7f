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
  details: "A task that has not ended is refused: cancel it first. With a filter it asks on a terminal.",
  arguments: [{ name: "[id...]", description: actReference, completes: "tasks" }],
  options: [...filterOptions("every ended task"), { flags: "-y, --yes", description: "do not ask" }],
  examples: [
    { command: "claude-worker rm 42", does: "remove one" },
    { command: "claude-worker rm --status failed", does: "remove all that failed" },
  ],
  async run(call) {
    const { io, options } = call;
    const client = clientOf(io);
    const fitting = await fittingTasks(call, { verb: "rm", possible: terminalStatuses, meant: terminalStatuses });
    if (fitting !== null && fitting.length > 0 && options.yes !== true && canAsk(io))
      await confirm(
        io,
        `Remove ${fitting.length} ${fitting.length === 1 ? "task" : "tasks"} with their events and logs?`,
        new WorkerError("invalid_input", "Nothing was removed."),
      );
    const remove = async (id: TaskRef): Promise<{ id: TaskRef }> => {
      await client.removeTask({ id });
      return { id };
    };
    return await eachTask(call, remove, ({ id }) => `Task ${id} is removed.`, fitting);
  },
});
