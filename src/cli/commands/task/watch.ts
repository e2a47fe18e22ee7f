/** `watch`: follows a task live. */
import { defineCommand } from "../../commandline/command.ts";
import { reading } from "../../server/connection.ts";
import { wholeNumber } from "../../commandline/option-values.ts";
import { readReferenceOrNewest, readTaskId } from "../../task/task-reference.ts";
import { watchTask } from "../../task/watch-task.ts";

export const command = defineCommand<{ readonly lines?: number }>({
  name: "watch",
  summary: "Follow tasks until they end",
  details:
    "Ctrl-C leaves the task running. While a task waits for an answer, the key a answers in place. Exits with 0 when the task completed and 1 when it did not.",
  arguments: [{ name: "[id...]", description: readReferenceOrNewest, completes: "tasks" }],
  options: [{ flags: "-n, --lines <n>", description: "begin with this many earlier events (default: 10)", parse: wholeNumber("--lines") }],
  examples: [
    { command: "claude-worker watch 42", does: "live, until it ends" },
    { command: "claude-worker watch 42 43 nightly", does: "several at once, a row for each below" },
    { command: "claude-worker watch 42 --json", does: "one JSON value a line: events, and the task last" },
  ],
  async run({ words, options, io }) {
    const references = words.length === 0 ? [undefined] : words;
    const { client, found } = await reading(
      io,
      async (server) => await Promise.all(references.map(async (word) => await server.getTask({ id: await readTaskId(server, word) }))),
    );
    const json = options.json === true;
    const lines = options.lines ?? 10;
    const tasks = [...new Map(found.map((task) => [task.id, task])).values()];
    const [task] = tasks;
    if (task !== undefined && tasks.length === 1) {
      return await watchTask({ io, client, task, after: Math.max(0, task.last_event - lines), json });
    }
    const { watchTasks } = await import("../../task/watch-tasks.ts");
    return await watchTasks(io, client, tasks, { json, lines });
  },
});
