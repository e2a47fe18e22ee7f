/** `rewind`: puts the conversation of an ended task back to a turn. */
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { wholeNumber } from "../../commandline/option-values.ts";
import { clientOf } from "../../server/connection.ts";
import { actTaskId } from "../../task/task-reference.ts";
import { canAsk, confirm } from "../../terminal/confirm.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

interface RewindFlags {
  readonly to?: number;
  readonly yes?: boolean;
}

export const command = defineCommand<RewindFlags>({
  name: "rewind",
  summary: "Put the conversation of an ended task back to a turn",
  details:
    "What you `send` next continues from there, and so does `retry --resume`. `logs` shows the turns. Nothing is lost: every turn keeps its number, and a later `rewind` to it brings its conversation back. Files are not put back.",
  arguments: [{ name: "<id>", description: "the task: its id, last, or its whole name", completes: "tasks" }],
  options: [
    { flags: "--to <turn>", description: "the last turn of the conversation from now on", parse: wholeNumber("--to", { min: 1 }) },
    { flags: "-y, --yes", description: "do not ask first" },
  ],
  examples: [{ command: "claude-worker rewind 42 --to 7", does: "forget what came after turn 7 of task 42" }],
  async run({ words: [word = ""], options: { to, yes, json }, io }) {
    if (to === undefined)
      throw new WorkerError(
        "invalid_input",
        `Say to which turn: claude-worker rewind ${word} --to TURN. See the turns: claude-worker logs ${word}`,
      );
    const client = clientOf(io);
    const id = await actTaskId(client, word);
    // A turn that is not there is refused, whatever a person says.
    const { num_turns: turns } = await client.getTask({ id });
    if (yes !== true && canAsk(io) && to <= (turns ?? 0))
      await confirm(
        io,
        `Put the conversation of task ${id} back to turn ${to}? Files stay as they are.`,
        new WorkerError("invalid_input", "Nothing was changed."),
      );
    const task = await client.rewindTask({ id, to });
    if (json === true) writeJson(io.stdout, task);
    else {
      const back =
        task.rewound === null || task.rewound.was_turn === to ? "" : ` Back: claude-worker rewind ${id} --to ${task.rewound.was_turn}`;
      say(io.stdout, `Task ${id} is back at turn ${to}. Its files stay as they are. Continue: claude-worker send ${id} "…"${back}`);
    }
    return exitCodes.ok;
  },
});
