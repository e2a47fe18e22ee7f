/** What doors show of messages. */
import { z } from "zod";
import { deliveryWays, messageStatuses } from "../../domain/messages/message.ts";
import { taskRef } from "../task-ref.ts";
import { time } from "./time.ts";

export const messageView = z.object({
  id: z.int().describe("Number over all tasks; people write it as `m3`."),
  task_id: taskRef,
  key: z.string().describe("A UUID: Claude Code's session has the message under it."),
  text: z.string(),
  delivery: z.enum(deliveryWays),
  status: z
    .enum(messageStatuses)
    .describe(
      "`queued`: Claude Code does not have it. `delivered`: it is part of the conversation. `done`: the turn that took it has ended. `cancelled`: it was not delivered, and will not be.",
    ),
  continues: z.boolean().describe("Whether it continues a task that had ended, as a new attempt in the same session."),
  sent_by: z.string(),
  queued_at: time,
  delivered_at: time.nullable(),
  ended_at: time.nullable().describe("When it was done or cancelled."),
  note: z
    .string()
    .nullable()
    .describe(
      "What Claude Code answered itself, without the model: the message was one of its commands, or a hook refused it. The task keeps its result and its status. Null: Claude has read the message, or will.",
    ),
});
export type MessageView = z.infer<typeof messageView>;

export const messageList = z.object({ messages: z.array(messageView).describe("Oldest first.") });
