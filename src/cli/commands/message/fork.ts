/** `fork`: begins a new task with the conversation of another one. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { wholeNumber } from "../../commandline/option-values.ts";
import { clientOf } from "../../server/connection.ts";
import { messageText } from "../../task/message-text.ts";
import { actTaskId } from "../../task/task-reference.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<{ readonly at?: number }>({
  name: "fork",
  summary: "Begin a new task with the conversation of another one",
  details:
    "The new task has a copy of the conversation as it is now, or up to the end of a turn (`--at`; `logs` shows the turns), and the same options. The other task stays as it is, also while it runs. Files are not copied: both tasks have the same directory.\n\nThe text `-` reads the standard input.",
  arguments: [
    { name: "<id>", description: "the task: its id, last, or its whole name", completes: "tasks" },
    { name: "<text...>", description: "what the new task should do", isText: true },
  ],
  options: [{ flags: "--at <turn>", description: "the last turn that the new task has", parse: wholeNumber("--at", { min: 1 }) }],
  fields: { prompt: "<text>" },
  examples: [
    { command: 'claude-worker fork 42 "Try it with Redis instead"', does: "try another way from where task 42 is" },
    { command: 'claude-worker fork 42 "Use SQLite" --at 7', does: "try another way from where task 42 was after its turn 7" },
  ],
  async run({ words: [word = "", ...rest], options, io }) {
    const client = clientOf(io);
    const prompt = await messageText(rest, io);
    const source = await actTaskId(client, word);
    const { at } = options;
    const task = await client.forkTask({ id: source, prompt, ...(at === undefined ? {} : { at }) });
    if (options.json === true) writeJson(io.stdout, task);
    else
      say(
        io.stdout,
        `Task ${task.id} is a fork of task ${source}${at === undefined ? "" : ` at turn ${at}`}. Follow it: claude-worker watch ${task.id}`,
      );
    return exitCodes.ok;
  },
});
