/** `prune`: old ended tasks go. */
import { defineCommand } from "../command.ts";
import { clientOf } from "../connection.ts";
import { exitCodes } from "../exit-codes.ts";
import { writeJson } from "../io.ts";
import { duration } from "../option-values.ts";
import { say } from "../render/wrap.ts";

const defaultAgeMs = 30 * 86_400_000;

export const command = defineCommand<{ readonly olderThan?: number; readonly dryRun?: boolean }>({
  name: "prune",
  summary: "Delete old ended tasks, with their events and logs",
  details: "A task that has not ended is never touched. To do it by itself: claude-worker config set keep_days 30",
  options: [
    { flags: "--older-than <duration>", description: "how long ago they ended (default: 30d)", parse: duration("--older-than") },
    { flags: "--dry-run", description: "only count them" },
  ],
  examples: [
    { command: "claude-worker prune --dry-run", does: "see how many there are" },
    { command: "claude-worker prune --older-than 7d", does: "keep a week" },
  ],
  async run({ options, io }) {
    const pruned = await clientOf(io).prune({ older_than_ms: options.olderThan ?? defaultAgeMs, dry_run: options.dryRun === true });
    if (options.json === true) writeJson(io.stdout, pruned);
    else say(io.stdout, `${pruned.tasks} ${pruned.tasks === 1 ? "task" : "tasks"} ${pruned.dry_run ? "would go" : "deleted"}.`);
    return exitCodes.ok;
  },
});
