/** `workspace path`: where a task works, for scripts. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { taskDirectory } from "../../task/task-directory.ts";
import { readReferenceOrNewest, readTaskId } from "../../task/task-reference.ts";
import { writeJson } from "../../terminal/io.ts";

export const command = defineCommand<object>({
  name: "workspace path",
  summary: "Print the directory of a task's files",
  details: "The top of its worktree; of a task that works in place: its working directory.",
  arguments: [{ name: "[id]", description: readReferenceOrNewest, completes: "tasks" }],
  examples: [{ command: 'cd "$(claude-worker workspace path 42)"', does: "go there" }],
  async run({ words: [word], options, io }) {
    const { found } = await reading(io, async (client) => {
      const id = await readTaskId(client, word);
      return { id, path: await taskDirectory(client, id) };
    });
    if (options.json === true) writeJson(io.stdout, found);
    else io.stdout.exact(`${found.path}\n`);
    return exitCodes.ok;
  },
});
