/** `watch`: follows a task live. */
import { defineCommand } from "../command.ts";
import { reading } from "../connection.ts";
import { wholeNumber } from "../option-values.ts";
import { readReferenceOrNewest, readTaskId } from "../task-reference.ts";
import { watchTask } from "../watch-task.ts";

export const command = defineCommand<{ readonly lines?: number }>({
  name: "watch",
  summary: "Follow a task until it ends",
  details: "Ctrl-C leaves the task running. Exits with 0 when the task completed and 1 when it did not.",
  arguments: [{ name: "[id]", description: readReferenceOrNewest, completes: "tasks" }],
  options: [{ flags: "-n, --lines <n>", description: "begin with this many earlier events (default: 10)", parse: wholeNumber("--lines") }],
  examples: [
    { command: "claude-worker watch 42", does: "live, until it ends" },
    { command: "claude-worker watch 42 --json", does: "one JSON value a line: events, and the task last" },
  ],
  async run({ words, options, io }) {
    const { client, found: task } = await reading(io, async (server) => await server.get(await readTaskId(server, words[0])));
    const after = Math.max(0, task.last_event - (options.lines ?? 10));
    return await watchTask({ io, client, task, after, json: options.json === true });
  },
});
