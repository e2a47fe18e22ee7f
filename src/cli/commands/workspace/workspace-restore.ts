/** `workspace restore`: brings a worktree back from the trash. */
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "workspace restore",
  summary: "Bring a worktree back from the trash",
  details: "With its files, its index and its branch. The task may have been removed since.",
  arguments: [{ name: "<id>", description: "the number of the task, as `workspace list` shows it", completes: "tasks" }],
  examples: [{ command: "claude-worker workspace restore 42", does: "bring the worktree of task 42 back" }],
  async run({ words: [word = ""], options, io }) {
    if (!/^\d{1,15}$/.test(word)) throw new WorkerError("invalid_input", "Give the number of the task: claude-worker workspace list");
    const found = await clientOf(io).restoreWorkspace({ id: Number(word) });
    const branch = found.branch === null ? "at its commit: its branch is elsewhere now" : `on ${found.branch}`;
    if (options.json === true) writeJson(io.stdout, found);
    else say(io.stdout, `The worktree of task ${word} is back, ${branch}: ${found.path}`);
    return exitCodes.ok;
  },
});
