/** `workspace list`: the worktrees of tasks. */
import type { WorktreeView } from "../../../contract/views/workspace.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Output } from "../../terminal/output.ts";
import { painter } from "../../terminal/render/colour.ts";
import { table } from "../../terminal/render/table.ts";
import { say } from "../../terminal/render/wrap.ts";

const columns = ["task", "status", "state", "branch", "changed_files", "insertions", "deletions", "dirty", "path", "title"] as const;

export const command = defineCommand<object>({
  name: "workspace list",
  summary: "List the worktrees of tasks",
  details: `Newest task first, without those that were deleted. Without a terminal: no header, columns separated by tabs: ${columns.join(", ")}.`,
  examples: [
    { command: "claude-worker workspace list", does: "every worktree, its branch and what changed there" },
    {
      command: "claude-worker workspace list --json | jq -r '.workspaces[] | select(.dirty).path'",
      does: "those with files that are not committed",
    },
  ],
  async run({ options, io }) {
    const { found } = await reading(io, async (client) => await client.listWorkspaces());
    if (options.json === true) writeJson(io.stdout, found);
    else if (!io.stdout.isTTY) await io.stdout.flow(found.workspaces.map((each) => `${fieldsOf(each).join("\t")}\n`).join(""));
    else if (found.workspaces.length === 0)
      say(io.stdout, 'There are no worktrees. A task gets one with: claude-worker run --worktree "…"');
    else io.stdout.write(tableOf(found.workspaces, io.stdout));
    return exitCodes.ok;
  },
});

function fieldsOf(worktree: WorktreeView): string[] {
  return columns.map((column) => plainLine(String(worktree[column] ?? ""), 10_000));
}

function tableOf(worktrees: readonly WorktreeView[], output: Output): string {
  const paint = painter(output);
  const rows = worktrees.map((each) => {
    const { task, status, state, branch, changed_files: files, insertions, deletions, dirty, path, trash } = each;
    return [
      { text: String(task), paint: paint.bold },
      { text: status ?? "removed" },
      { text: state, ...(state === "trashed" ? { paint: paint.yellow } : {}) },
      { text: plainLine(branch ?? "detached", 200), paint: paint.cyan },
      { text: plainLine(trash ?? path, 1000), paint: paint.dim },
      {
        text:
          files === null || files === 0
            ? ""
            : `${files === 1 ? "1 file" : `${files} files`}, +${insertions ?? 0} -${deletions ?? 0}${dirty === true ? ", not all committed" : ""}`,
      },
    ];
  });
  const header = ["TASK", "STATUS", "WORKTREE", "BRANCH", "PATH", "CHANGED"];
  return table(rows, { header, paintHeader: paint.dim, width: output.columns, right: [0], optional: [4] });
}
