/** `stash`: put pending tasks aside. */
import { filterOptions, fittingTasks } from "../../task/choose-tasks.ts";
import type { FilterOptions } from "../../task/choose-tasks.ts";
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { eachTask } from "../../task/each-task.ts";
import { actReference } from "../../task/task-reference.ts";

const open = ["pending"] as const;

export const command = defineCommand<FilterOptions>({
  name: "stash",
  summary: "Put pending tasks aside",
  details: "A task that is put aside does not start until it is put into the queue again: claude-worker enqueue.",
  arguments: [{ name: "[id...]", description: actReference, completes: "tasks" }],
  options: filterOptions("every pending task"),
  examples: [
    { command: "claude-worker stash 42", does: "put one aside" },
    { command: "claude-worker stash --group nightly", does: "put all pending tasks of a group aside" },
  ],
  async run(call) {
    const client = clientOf(call.io);
    return await eachTask(
      call,
      async (id) => await client.stashTask({ id }),
      ({ id }) => `Task ${id} is put aside. Back into the queue: claude-worker enqueue ${id}`,
      await fittingTasks(call, { verb: "stash", done: "put aside", possible: open, meant: open, order: "queue" }),
    );
  },
});
