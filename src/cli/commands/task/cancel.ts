/** `cancel`: stops tasks. */
import { filterOptions, fittingTasks } from "../../task/choose-tasks.ts";
import type { FilterOptions } from "../../task/choose-tasks.ts";
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { inReverseOrder, withWordsInOrder } from "../../task/dependency-order.ts";
import { eachTask } from "../../task/each-task.ts";
import { actReference } from "../../task/task-reference.ts";

const open = ["pending", "running", "waiting"] as const;

export const command = defineCommand<FilterOptions>({
  name: "cancel",
  summary: "Stop tasks",
  details: "A waiting task ends at once. A running one is asked to stop; what is left of its processes after the grace time is ended.",
  arguments: [{ name: "[id...]", description: actReference, completes: "tasks" }],
  options: filterOptions("every task that has not ended"),
  examples: [
    { command: "claude-worker cancel 42", does: "stop one" },
    { command: "claude-worker cancel --status pending", does: "stop all that wait" },
    { command: "claude-worker cancel --label nightly=yes", does: "stop all with a label that have not ended" },
  ],
  async run(call) {
    const client = clientOf(call.io);
    return await eachTask(
      // A task whose need is cancelled first is skipped, and can then not be cancelled.
      await withWordsInOrder(call, inReverseOrder),
      async (id) => await client.cancelTask({ id }),
      ({ id, status, warning }) => warning ?? (status === "cancelled" ? `Task ${id} is cancelled.` : `Task ${id} is stopping.`),
      await fittingTasks(call, { verb: "cancel", done: "cancelled", possible: open, meant: open }),
    );
  },
});
