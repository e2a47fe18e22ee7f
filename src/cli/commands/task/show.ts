/** `show`: everything about one task. */
import { defineCommand } from "../../commandline/command.ts";
import { reading } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { taskPage } from "../../terminal/render/task-page.ts";
import { readReferenceOrNewest, readTaskId } from "../../task/task-reference.ts";

export const command = defineCommand<{ readonly raw?: boolean }>({
  name: "show",
  alias: "status",
  summary: "Show everything about a task, with its result",
  arguments: [{ name: "[id]", description: readReferenceOrNewest, completes: "tasks" }],
  options: [{ flags: "--raw", description: "leave escape sequences in the agent's text; a terminal gets them as \\uXXXX" }],
  examples: [
    { command: "claude-worker show 42", does: "status, cost, prompt, result" },
    { command: "claude-worker show 42 --json | jq -r .result", does: "the result alone" },
    { command: "claude-worker show 42 --json | jq .structured_result", does: "the answer of a task with --json-schema" },
  ],
  async run({ words, options, io }) {
    const { found: task } = await reading(io, async (client) => await client.getTask({ id: await readTaskId(client, words[0]) }));
    if (options.json === true) writeJson(io.stdout, task);
    else {
      const page = taskPage(task, { output: io.stdout, now: Date.now(), raw: options.raw === true });
      await (options.raw === true && !io.stdout.isTTY ? io.stdout.raw(page) : io.stdout.flow(page));
    }
    return exitCodes.ok;
  },
});
