/** `rm`: removes ended tasks with their logs. */
import { defineCommand } from "../command.ts";
import { clientOf } from "../connection.ts";
import { eachTask } from "../each-task.ts";
import { actReference } from "../task-reference.ts";

export const command = defineCommand<object>({
  name: "rm",
  summary: "Remove ended tasks with their events and logs",
  details: "A task that has not ended is refused: cancel it first.",
  arguments: [{ name: "<id...>", description: actReference, completes: "tasks" }],
  examples: [
    { command: "claude-worker rm 42", does: "remove one" },
    { command: "claude-worker rm $(claude-worker list --status failed --all | cut -f1)", does: "remove all that failed" },
  ],
  async run(call) {
    const client = clientOf(call.io);
    const remove = async (id: number): Promise<{ id: number }> => {
      await client.remove(id);
      return { id };
    };
    return await eachTask(call, remove, ({ id }) => `Task ${id} is removed.`);
  },
});
