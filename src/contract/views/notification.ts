/** What doors show of notification channels and of what was sent. */
import { z } from "zod";
import { channelAnswers } from "../../domain/notifications/channel-answers.ts";
import { channelKinds } from "../../domain/notifications/channel.ts";
import { deliveryStates } from "../../domain/notifications/delivery.ts";
import { notificationEvents } from "../../domain/notifications/notification.ts";
import { taskRef } from "../task-ref.ts";
import { time, timeOrNull } from "./time.ts";

export const channelView = z.object({
  id: z.int(),
  name: z.string(),
  kind: z.enum(channelKinds),
  target: z.string().describe("Where it sends to, for people: without what may be secret."),
  events: z.array(z.enum(notificationEvents)).describe("What it is notified of."),
  allow_private: z.boolean().describe("Whether it may send to private addresses and without TLS."),
  labels: z.record(z.string(), z.string()).describe("Only tasks that bear all of these."),
  quiet_hours: z.object({ from: z.string(), to: z.string() }).nullable(),
  digest_at: z.string().nullable(),
  escalate_after_ms: z.int().nullable(),
  escalate_to: z.string().nullable().describe("The name of the channel that gets a question after that time; null: the same one."),
  answers: z.enum(channelAnswers).describe("Which questions may be answered through it."),
  answer_from: z.array(z.string()).describe("Whose answers count."),
  answers_problem: z.string().nullable().describe("What keeps its answers from being read now; null: nothing that is known."),
  created_at: time,
  pending: z.int().describe("Messages that wait to be sent."),
  dead: z.int().describe("Messages that were given up. They can be replayed."),
  last_error: z.string().nullable().describe("Why the newest message is not delivered, or not to all recipients; null: it is."),
});
export type ChannelView = z.infer<typeof channelView>;

export const channelList = z.object({ channels: z.array(channelView) });

export const newChannelView = channelView.extend({
  secret: z
    .string()
    .nullable()
    .describe("The secret that the server made. It is shown once. Null: the caller gave it, or the channel has none."),
});
export type NewChannelView = z.infer<typeof newChannelView>;

export const deliveryView = z.object({
  id: z.int(),
  channel: z.string().describe("The channel's name."),
  message_id: z.string().describe("The same at each try (`webhook-id`)."),
  event: z.enum([...notificationEvents, "test"]),
  task: taskRef.nullable().describe("The task that it is about; null: it is about none."),
  title: z.string(),
  state: z
    .enum(deliveryStates)
    .describe(
      "`pending`: it is sent or tried again. `dead`: it is not tried any more until it is replayed. `merged`: another message said it, too.",
    ),
  tries: z.int(),
  occurred_at: time,
  next_try_at: timeOrNull.describe("Null: it is not pending."),
  ended_at: timeOrNull.describe("When it was delivered or given up."),
  last_error: z.string().nullable().describe("Why the last try failed, or which recipients of a delivered mail were refused."),
});
export type DeliveryView = z.infer<typeof deliveryView>;

export const deliveryList = z.object({ deliveries: z.array(deliveryView) });
