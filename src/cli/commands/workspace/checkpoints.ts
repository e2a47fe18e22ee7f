/** `checkpoints`: the snapshots of a task's files. */
import type { CheckpointView } from "../../../contract/views/workspace.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { readReferenceOrNewest, readTaskId } from "../../task/task-reference.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Output } from "../../terminal/output.ts";
import { painter } from "../../terminal/render/colour.ts";
import { table } from "../../terminal/render/table.ts";
import { relativeTime } from "../../terminal/render/time.ts";
import { say } from "../../terminal/render/wrap.ts";

const columns = ["number", "turn", "reason", "at", "changed_files", "insertions", "deletions", "commit", "left_out_count"] as const;

const words: Readonly<Record<CheckpointView["reason"], string>> = {
  start: "before the first step",
  turn: "after a turn",
  park: "before a wait",
  end: "at the end",
  restore: "before files were put back or applied",
  restored: "with files put back",
};

export const command = defineCommand<object>({
  name: "checkpoints",
  summary: "List the snapshots of a task's files",
  details: `Oldest first; changes are counted from the beginning of the task. Each snapshot is a commit in the task's repository (\`git show COMMIT\`), which changes nothing else there. Without a terminal: no header, columns separated by tabs: ${columns.join(", ")}.`,
  arguments: [{ name: "[id]", description: readReferenceOrNewest, completes: "tasks" }],
  examples: [
    { command: "claude-worker checkpoints 42", does: "when each was made, and what had changed by then" },
    {
      command: "git show $(claude-worker checkpoints 42 --json | jq -r '.checkpoints[-1].commit'):app.py",
      does: "a file as it was at the end",
    },
  ],
  async run({ words: [word], options, io }) {
    const { found } = await reading(io, async (client) => {
      const id = await readTaskId(client, word);
      return { id, ...(await client.listCheckpoints({ id })) };
    });
    const { id, checkpoints, no_snapshots: problem } = found;
    if (options.json === true) writeJson(io.stdout, found);
    else if (!io.stdout.isTTY) await io.stdout.flow(checkpoints.map((each) => `${fieldsOf(each).join("\t")}\n`).join(""));
    else if (checkpoints.length > 0) io.stdout.write(tableOf(checkpoints, io.stdout));
    else if (problem === null) say(io.stdout, `There are no snapshots of task ${id} yet: its first attempt has not begun.`);
    if (options.json !== true && problem !== null) say(io.stderr, `No snapshots here: ${plainLine(problem, 2000)}`);
    return exitCodes.ok;
  },
});

function fieldsOf(checkpoint: CheckpointView): string[] {
  return columns.map((column) => String(checkpoint[column] ?? ""));
}

function tableOf(checkpoints: readonly CheckpointView[], output: Output): string {
  const paint = painter(output);
  const rows = checkpoints.map(
    ({ number, turn, at, reason, changed_files: files, insertions, deletions, commit, left_out_count: left }) => [
      { text: String(number), paint: paint.bold },
      { text: String(turn) },
      { text: words[reason] },
      { text: relativeTime(at, Date.now()), paint: paint.dim },
      { text: files === null ? "?" : String(files) },
      { text: files === null ? "" : `+${insertions ?? 0} -${deletions ?? 0}` },
      { text: commit.slice(0, 12), paint: paint.dim },
      { text: left === 0 ? "" : `without ${left} ${left === 1 ? "file" : "files"}`, paint: paint.yellow },
    ],
  );
  const header = ["N", "TURN", "WHEN", "", "FILES", "LINES", "COMMIT", ""];
  return table(rows, { header, paintHeader: paint.dim, width: output.columns, right: [0, 1, 4] });
}
