/** `enqueue`: put stashed tasks into the queue. */
import { filterOptions, fittingTasks } from "../../task/choose-tasks.ts";
import type { FilterOptions } from "../../task/choose-tasks.ts";
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { eachTask } from "../../task/each-task.ts";
import { actReference } from "../../task/task-reference.ts";

const open = ["pending"] as const;

export const command = defineCommand<FilterOptions>({
  name: "enqueue",
  summary: "Put stashed tasks into the queue",
  details: "A task that is in the queue already stays there.",
  arguments: [{ name: "[id...]", description: actReference, completes: "tasks" }],
  options: filterOptions("every pending task"),
  examples: [
    { command: "claude-worker enqueue 42", does: "let it start" },
    { command: "claude-worker enqueue --label nightly=yes", does: "let all with a label start" },
  ],
  async run(call) {
    const client = clientOf(call.io);
    return await eachTask(
      call,
      async (id) => await client.enqueueTask({ id }),
      ({ id }) => `Task ${id} is in the queue.`,
      await fittingTasks(call, { verb: "enqueue", done: "put into the queue", possible: open, meant: open, order: "queue" }),
    );
  },
});
