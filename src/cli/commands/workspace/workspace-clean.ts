/** `workspace clean`: moves worktrees into the trash that nothing would be lost of. */
import type { CleanView } from "../../../contract/views/workspace.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { actTaskId } from "../../task/task-reference.ts";
import { canAsk, confirm } from "../../terminal/confirm.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

interface CleanFlags {
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly yes?: boolean;
}

export const command = defineCommand<CleanFlags>({
  name: "workspace clean",
  summary: "Remove worktrees of ended tasks that nothing would be lost of",
  details:
    "A worktree goes only when its task has ended and asks nothing, no process works in it, every commit is on another branch or a remote, and its files are those of its last snapshot. For every other one the answer says what would be lost. Removed worktrees lie in the trash for 7 days: `workspace restore`.",
  arguments: [{ name: "[id...]", description: "only the worktrees of these tasks", completes: "tasks" }],
  options: [
    { flags: "--dry-run", description: "only show what would be removed, and why the others stay" },
    { flags: "--force", description: "also what would be lost in 7 days; needs the tasks' ids" },
    { flags: "-y, --yes", description: "do not ask; needed where there is no terminal" },
  ],
  examples: [
    { command: "claude-worker workspace clean --dry-run", does: "which would go, and what would be lost of the others" },
    { command: "claude-worker workspace clean --yes", does: "remove them, in a script" },
    { command: "claude-worker workspace clean 42 --force", does: "throw the work of task 42 away, in 7 days" },
  ],
  async run({ words, options: { dryRun, force = false, yes, json }, io }) {
    const client = clientOf(io);
    if (force && words.length === 0)
      throw new WorkerError("invalid_input", "--force needs the ids of the tasks: claude-worker workspace clean 42 --force");
    const ids: number[] = [];
    for (const word of words) ids.push(Number(await actTaskId(client, word)));
    const chosen = words.length === 0 ? {} : { tasks: ids };
    const plan = await client.cleanWorkspaces({ ...chosen, force, dry_run: true });
    const going = plan.workspaces.filter(({ cleaned }) => cleaned);
    if (dryRun === true || going.length === 0) {
      if (json === true) writeJson(io.stdout, plan);
      else say(io.stdout, textOf(plan));
      return dryRun !== true && staysOf(plan) && words.length > 0 ? exitCodes.failed : exitCodes.ok;
    }
    if (yes !== true) {
      say(io.stderr, textOf(plan));
      if (!canAsk(io)) throw new WorkerError("invalid_input", "Nothing was removed. Without a terminal, say --yes.");
      const what = going.length === 1 ? "this worktree" : `these ${going.length} worktrees`;
      await confirm(io, `Move ${what} into the trash?`, new WorkerError("invalid_input", "Nothing was removed."));
    }
    const done = await client.cleanWorkspaces({ tasks: going.map(({ task }) => task), force, dry_run: false });
    const all = { ...done, workspaces: [...done.workspaces, ...plan.workspaces.filter(({ cleaned }) => !cleaned)] };
    if (json === true) writeJson(io.stdout, all);
    else say(io.stdout, textOf(all));
    return words.length > 0 && staysOf(all) ? exitCodes.failed : exitCodes.ok;
  },
});

/** Whether a worktree is there still. */
function staysOf({ workspaces }: CleanView): boolean {
  return workspaces.some(({ cleaned, removed }) => !cleaned && !removed);
}

function textOf({ workspaces, dry_run: isDryRun }: CleanView): string {
  if (workspaces.length === 0) return "There is no worktree of an ended task.";
  const lines = workspaces.map(({ task, path, cleaned, reasons, only_snapshots: kept, removed, advice }) => {
    const why = reasons.map((each) => plainLine(each, 2000)).join("; ");
    const next = advice === null ? "" : ` ${plainLine(advice, 1000)}`;
    if (removed) return `Task ${task}: there is nothing to remove, ${why}.${next}`;
    if (!cleaned) return `Task ${task} keeps its worktree: ${why}.${next}`;
    const inSnapshots = kept.map((each) => plainLine(each, 2000)).join("; ");
    const lost = `${why === "" ? "" : ` With it goes: ${why}.`}${inSnapshots === "" ? "" : ` Its snapshots keep ${inSnapshots}.`}`;
    return isDryRun
      ? `Task ${task}: ${plainLine(path, 1000)} can go.${lost}`
      : `Task ${task}: its worktree is in the trash for 7 days.${lost} Back: claude-worker workspace restore ${task}`;
  });
  return lines.join("\n");
}
