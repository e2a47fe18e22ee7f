/** `send`: says something to a task. */
import { randomUUID } from "node:crypto";
import type { MessageView } from "../../../contract/views/message.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { connectionOf, withServer } from "../../server/connection.ts";
import { readPrompt } from "../../task/read-prompt.ts";
import { actTaskId } from "../../task/task-reference.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "send",
  summary: "Say something to a task",
  details:
    "A task that has ended continues in the same conversation, as a new attempt: result, cost and story are added. A task that has not begun gets the message with its prompt. A task that runs gets it when its attempt has ended.\n\nThe text `-` reads the standard input.",
  arguments: [
    { name: "<id>", description: "the task: its id, last, or its whole name", completes: "tasks" },
    { name: "<text...>", description: "what to say", isText: true },
  ],
  examples: [
    { command: 'claude-worker send 42 "Now write the tests too"', does: "continue the conversation of task 42" },
    { command: "git diff | claude-worker send 42 -", does: "say what the standard input says" },
  ],
  async run({ words, options, io }) {
    const [task = "", ...rest] = words;
    const connection = connectionOf(io);
    const text = await textOf(rest, io);
    // With a key the message is stored once, also when the call is made again.
    const key = randomUUID();
    const { client } = connection;
    const work = async (): Promise<MessageView> => await client.sendMessage({ id: await actTaskId(client, task), text, key });
    const message = await withServer(io, connection, work, { isRepeatable: true });
    if (options.json === true) writeJson(io.stdout, message);
    else say(io.stdout, sentText(message));
    return exitCodes.ok;
  },
});

async function textOf(words: readonly string[], io: Parameters<typeof readPrompt>[1]): Promise<string> {
  if (words.length === 1 && words[0] === "-") return await readPrompt("-", io);
  const text = words.join(" ");
  if (text.trim() === "")
    throw new WorkerError("invalid_input", 'The message is empty. Say something: claude-worker send 42 "Now the tests"');
  return text;
}

function sentText({ id, task_id: task, continues }: MessageView): string {
  const what = continues ? `Task ${task} continues with message m${id}.` : `Message m${id} is stored for task ${task}.`;
  return `${what} Follow it: claude-worker watch ${task}`;
}
