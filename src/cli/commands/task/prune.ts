/** `prune`: old ended tasks go. */
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { canAsk, confirm } from "../../terminal/confirm.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { duration } from "../../commandline/option-values.ts";
import { say } from "../../terminal/render/wrap.ts";

const defaultAgeMs = 30 * 86_400_000;

export const command = defineCommand<{ readonly olderThan?: number; readonly dryRun?: boolean; readonly yes?: boolean }>({
  name: "prune",
  summary: "Delete old ended tasks, with their events and logs",
  details: "Never deletes a task that has not ended. To delete old tasks automatically: claude-worker config set keep_days 30",
  options: [
    { flags: "--older-than <duration>", description: "how long ago they ended (default: 30d)", parse: duration("--older-than") },
    { flags: "--dry-run", description: "only count them" },
    { flags: "-y, --yes", description: "do not ask; needed where there is no terminal" },
  ],
  examples: [
    { command: "claude-worker prune --dry-run", does: "see how many there are" },
    { command: "claude-worker prune --older-than 7d", does: "keep a week, after a question" },
    { command: "claude-worker prune --yes", does: "in a script" },
  ],
  async run({ options, io }) {
    const client = clientOf(io);
    const older_than_ms = options.olderThan ?? defaultAgeMs;
    if (options.dryRun !== true && options.yes !== true) {
      if (!canAsk(io))
        throw new WorkerError(
          "invalid_input",
          "prune deletes tasks with their logs: without a terminal it needs --yes. To count them first: --dry-run",
        );
      const { tasks } = await client.prune({ older_than_ms, dry_run: true });
      if (tasks > 0)
        await confirm(
          io,
          `Delete ${tasks} ended ${tasks === 1 ? "task" : "tasks"} with their events and logs?`,
          new WorkerError("invalid_input", "Nothing was deleted."),
        );
    }
    const pruned = await client.prune({ older_than_ms, dry_run: options.dryRun === true });
    if (options.json === true) writeJson(io.stdout, pruned);
    else {
      const { tasks, kept } = pruned;
      const left =
        kept === 0 ? "" : ` ${kept} stay, because their worktrees have work that is nowhere else: claude-worker workspace clean --dry-run`;
      say(io.stdout, `${tasks} ${tasks === 1 ? "task" : "tasks"} ${pruned.dry_run ? "would be deleted" : "deleted"}.${left}`);
    }
    return exitCodes.ok;
  },
});
