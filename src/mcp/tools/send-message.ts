/** `send_message`: says something to a task. */
import { z } from "zod";
import { messageInput } from "../../contract/operations/messages.ts";
import { messageStatuses } from "../../domain/messages/message.ts";
import { data, defineTool } from "../tool.ts";
import { taskId } from "./arguments.ts";

export const sendMessage = defineTool({
  name: "send_message",
  title: "Say something to a task",
  description:
    "Says something to a task in its conversation: a correction, or what to do next. A task that has ended continues in the same session, as a new attempt; one that has not ended gets the message later. To begin from scratch: retry_task.",
  input: messageInput.extend({ id: taskId }),
  output: z.object({
    message: z.object({ id: z.int(), status: z.enum(messageStatuses), continues: z.boolean() }),
    next_step: z.string(),
  }),
  writes: true,
  hints: { destructive: false, idempotent: false, openWorld: true },
  async run({ id, ...given }, { api, caller }) {
    const { id: number, status, continues } = await api.sendMessage({ id, ...given }, caller);
    return data({
      message: { id: number, status, continues },
      next_step: `The message is stored. Continue with other work, or wait_for_tasks with ids [${id}].`,
    });
  },
});
