/** `cancel`: stops tasks. */
import { defineCommand } from "../command.ts";
import { clientOf } from "../connection.ts";
import { eachTask } from "../each-task.ts";
import { actReference } from "../task-reference.ts";

export const command = defineCommand<object>({
  name: "cancel",
  summary: "Stop tasks",
  details: "A waiting task ends at once. A running one is asked to stop; what is left of its processes after the grace time is ended.",
  arguments: [{ name: "<id...>", description: actReference, completes: "tasks" }],
  examples: [
    { command: "claude-worker cancel 42", does: "stop one" },
    { command: "claude-worker cancel $(claude-worker list --status pending --all | cut -f1)", does: "stop all that wait" },
  ],
  async run(call) {
    const client = clientOf(call.io);
    return await eachTask(
      call,
      async (id) => await client.cancel(id),
      ({ id, status, warning }) => warning ?? (status === "cancelled" ? `Task ${id} is cancelled.` : `Task ${id} is stopping.`),
    );
  },
});
