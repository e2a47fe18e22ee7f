/** `unsend`: takes a message back that was not delivered. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { connectionOf, withServer } from "../../server/connection.ts";
import { messageNumber } from "../../task/message-number.ts";
import { actTaskId } from "../../task/task-reference.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "unsend",
  summary: "Take a message back that was not delivered",
  details:
    "A running task gives back what it has queued and not begun. A message that an attempt began with, or one that was sent --now, cannot be taken back before the task has ended. An ended task that only this message was to continue is cancelled.",
  arguments: [
    { name: "<id>", description: "the task: its id, last, or its whole name", completes: "tasks" },
    { name: "<message>", description: "the message: m3 or 3" },
  ],
  examples: [{ command: "claude-worker unsend 42 m3", does: "task 42 never gets message m3" }],
  async run({ words: [task = "", word = ""], options, io }) {
    const connection = connectionOf(io);
    const { client } = connection;
    const message = await withServer(io, connection, async () => {
      const id = await actTaskId(client, task);
      return await client.unsendMessage({ id, message: messageNumber(word, id) });
    });
    if (options.json === true) writeJson(io.stdout, message);
    else say(io.stdout, `Message m${message.id} is taken back.`);
    return exitCodes.ok;
  },
});
