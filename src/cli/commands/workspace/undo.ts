/** `undo`: puts files back to before a task. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { putBack, putBackDetails, putBackOptions } from "../../task/put-back.ts";
import type { PutBackFlags } from "../../task/put-back.ts";
import { actTaskId } from "../../task/task-reference.ts";

export const command = defineCommand<PutBackFlags>({
  name: "undo",
  summary: "Put files back to before a task",
  details: putBackDetails,
  arguments: [{ name: "<id>", description: "the task: its id, last, or its whole name", completes: "tasks" }],
  options: putBackOptions,
  examples: [
    { command: "claude-worker undo 42", does: "show what would be put back, and ask" },
    { command: "claude-worker undo 42 --yes", does: "the same in a script" },
  ],
  async run({ words: [word = ""], options, io }) {
    const client = clientOf(io);
    await putBack({ io, client, id: await actTaskId(client, word), checkpoint: null }, options);
    return exitCodes.ok;
  },
});
