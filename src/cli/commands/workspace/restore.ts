/** `restore`: puts a task's files back to a checkpoint. */
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { wholeNumber } from "../../commandline/option-values.ts";
import { clientOf } from "../../server/connection.ts";
import { putBack, putBackDetails, putBackOptions } from "../../task/put-back.ts";
import type { PutBackFlags } from "../../task/put-back.ts";
import { actTaskId } from "../../task/task-reference.ts";

const readCheckpoint = wholeNumber("<checkpoint>", { min: 1 });

export const command = defineCommand<PutBackFlags>({
  name: "restore",
  summary: "Put a task's files back to a checkpoint",
  details: putBackDetails,
  arguments: [
    { name: "<id>", description: "the task: its id, last, or its whole name", completes: "tasks" },
    { name: "[checkpoint]", description: "its number, as `checkpoints` shows it" },
  ],
  options: putBackOptions,
  examples: [
    { command: "claude-worker restore 42 3", does: "show what would be put back to checkpoint 3, and ask" },
    { command: "claude-worker restore 42 3 --dry-run", does: "only show it" },
  ],
  async run({ words: [word = "", number = ""], options, io }) {
    if (number === "")
      throw new WorkerError(
        "invalid_input",
        `Say which checkpoint: claude-worker restore ${word} N. See them: claude-worker checkpoints ${word}. To restore a backup of the database: claude-worker db restore ${word}`,
      );
    const checkpoint = readCheckpoint(number);
    const client = clientOf(io);
    await putBack({ io, client, id: await actTaskId(client, word), checkpoint }, options);
    return exitCodes.ok;
  },
});
