/** `rewind`: puts the conversation and the files of an ended task back to a turn. */
import type { RewoundView } from "../../../contract/views/task.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import type { ExitCode } from "../../commandline/exit-codes.ts";
import { wholeNumber } from "../../commandline/option-values.ts";
import { clientOf } from "../../server/connection.ts";
import { namesOf } from "../../task/put-back.ts";
import { actTaskId } from "../../task/task-reference.ts";
import { canAsk, confirm } from "../../terminal/confirm.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Io } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

interface RewindFlags {
  readonly to?: number;
  readonly keepFiles?: boolean;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export const command = defineCommand<RewindFlags>({
  name: "rewind",
  summary: "Put the conversation of an ended task back to a turn",
  details:
    "What you `send` next continues from there, and so does `retry --resume`. `logs` shows the turns. Nothing is lost: every turn keeps its number, and a later `rewind` to it brings its conversation back. Files that the task itself changed since go back, too, where there are snapshots of them (`checkpoints`); a snapshot is taken before. Where others changed them since, nothing is changed without --force.",
  arguments: [{ name: "<id>", description: "the task: its id, last, or its whole name", completes: "tasks" }],
  options: [
    { flags: "--to <turn>", description: "the last turn of the conversation from now on", parse: wholeNumber("--to", { min: 1 }) },
    { flags: "--keep-files", description: "only the conversation: files stay as they are" },
    { flags: "--force", description: "also files that others have changed since; a snapshot keeps them as they are now" },
    { flags: "--dry-run", description: "only show which files would be changed" },
    { flags: "-y, --yes", description: "do not ask first" },
  ],
  examples: [
    { command: "claude-worker rewind 42 --to 7", does: "forget what came after turn 7 of task 42, and put its files back" },
    { command: "claude-worker rewind 42 --to 7 --keep-files", does: "the same, and files stay as they are" },
  ],
  async run({ words: [word = ""], options: { to, keepFiles = false, force = false, dryRun = false, yes, json }, io }) {
    if (to === undefined)
      throw new WorkerError(
        "invalid_input",
        `Say to which turn: claude-worker rewind ${word} --to TURN. See the turns: claude-worker logs ${word}`,
      );
    const client = clientOf(io);
    const id = await actTaskId(client, word);
    const input = { id, to, files: !keepFiles, force };
    if (dryRun || (yes !== true && canAsk(io))) {
      const plan = await client.rewindTask({ ...input, dry_run: true });
      if (dryRun && json === true) return write(io, plan);
      const count = plan.files_put_back?.changed_files ?? 0;
      if (plan.files_put_back !== null && count > 0) say(dryRun ? io.stdout : io.stderr, namesOf(plan.files_put_back));
      if (dryRun) {
        if (count === 0) say(io.stdout, filesText(plan, keepFiles));
        return exitCodes.ok;
      }
      const files = count === 0 ? "Files stay as they are." : `${filesOf(count)} as ${count === 1 ? "it was" : "they were"} then.`;
      await confirm(
        io,
        `Put the conversation of task ${id} back to turn ${to}? ${files}`,
        new WorkerError("invalid_input", "Nothing was changed."),
      );
    }
    const task = await client.rewindTask(input);
    if (json === true) return write(io, task);
    const back =
      task.rewound === null || task.rewound.was_turn === to ? "" : ` Back: claude-worker rewind ${id} --to ${task.rewound.was_turn}`;
    say(io.stdout, `Task ${id} is back at turn ${to}. ${filesText(task, keepFiles)} Continue: claude-worker send ${id} "…"${back}`);
    return exitCodes.ok;
  },
});

function write(io: Io, task: RewoundView): ExitCode {
  writeJson(io.stdout, task);
  return exitCodes.ok;
}

const filesOf = (count: number): string => (count === 1 ? "1 file goes back" : `${count} files go back`);

/** What became of the files. */
function filesText({ id, files_put_back: files, files_kept: why }: RewoundView, isAsked: boolean): string {
  if (files === null) return `Its files stay as they are.${isAsked || why === null ? "" : ` ${plainLine(why, 500)}`}`;
  if (files.changed_files === 0) return "Its files are as they were then.";
  const nested = files.left_alone.length === 0 ? "" : ` These stay as they are: ${plainLine(files.left_alone.join(", "), 500)}.`;
  const [which, was] = files.changed_files === 1 ? ["1 file is", "it was"] : [`${files.changed_files} files are`, "they were"];
  return `${which} as ${was} then (before: claude-worker restore ${id} ${files.before}).${nested}`;
}
