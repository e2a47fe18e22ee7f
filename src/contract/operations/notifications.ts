/** Notifications: channels that people are reached by, and what was sent to them. */
import { z } from "zod";
import { channelAnswers } from "../../domain/notifications/channel-answers.ts";
import { channelKinds } from "../../domain/notifications/channel.ts";
import { deliveryStates } from "../../domain/notifications/delivery.ts";
import { defaultEvents, notificationEvents } from "../../domain/notifications/notification.ts";
import { isTimeOfDay } from "../../domain/notifications/local-time.ts";
import { optionValues, text } from "../task-options.ts";
import { channelList, channelView, deliveryList, deliveryView, newChannelView } from "../views/notification.ts";
import { operation } from "./operation.ts";
import { largest, wholeNumber } from "./query-values.ts";

const tag = "Notifications";

const channelParams = z.strictObject({ id: wholeNumber(1, largest).describe("The channel's number.") });
const deliveryParams = z.strictObject({ id: wholeNumber(1, largest).describe("The delivery's number.") });

const timeOfDay = z.string().max(5).refine(isTimeOfDay, "must be a time like 07:30").describe("`HH:MM`, in the server's time zone.");

export const channelInput = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,62}$/, "a channel's name has 1-63 letters, digits, '.', '_' or '-', and begins with a letter")
    .describe("A name for the channel."),
  kind: z.enum(channelKinds).describe("How it sends."),
  url: text
    .min(1)
    .max(2000)
    .optional()
    .describe(
      "`webhook`: where it sends to. `ntfy`: the address of the server with the topic behind it. `email`: the mail server, like `smtps://me@mail.example.com`. " +
        "`telegram`: a server of your own for its Bot API. `slack` with `chat`: an API of your own.",
    ),
  chat: text
    .min(1)
    .max(100)
    .optional()
    .describe(
      "`telegram`: the number of the chat, or the channel's name with `@`. `slack`: the id of the channel that an app posts into; absent: an incoming webhook.",
    ),
  to: text.min(1).max(1000).optional().describe("`email`: the addresses, with commas between."),
  from: text.min(1).max(320).optional().describe("`email`: the sender's address."),
  command: z
    .array(text.max(4096))
    .min(1)
    .max(50)
    .optional()
    .describe("`command`: the absolute path of a program, and its arguments. It gets JSON on its standard input."),
  secret: text
    .min(1)
    .max(4096)
    .optional()
    .describe(
      "`webhook`: `whsec_` and 24 to 64 bytes in base64, which sign each message; absent: the server makes one. `slack`, `discord`: the address of the incoming webhook. " +
        "`slack` with `chat`: the tokens of the app, each on a line (`xoxb-…`, and `xapp-…` to take answers). `telegram`: the bot's token. `ntfy`: a token, or `user:password`. `email`: the password of the user in `url`.",
    ),
  events: z
    .array(z.enum(notificationEvents))
    .min(1)
    .max(notificationEvents.length)
    .optional()
    .describe(`What it is notified of. Default: ${defaultEvents.map((event) => `\`${event}\``).join(", ")}.`),
  labels: optionValues.labels.optional().describe("Only tasks that bear all of these labels. Holds are reported in any case."),
  quiet_hours: z
    .strictObject({ from: timeOfDay, to: timeOfDay })
    .optional()
    .describe("When nothing is sent, in the server's time zone. What happens then is sent at the end."),
  digest_at: timeOfDay.optional().describe("When a digest of the last day is sent, if anything happened. Adds `digest` to the events."),
  escalate_after_ms: z
    .int()
    .min(1000)
    .max(30 * 86_400_000)
    .optional()
    .describe("A question that has no answer after so long is sent once more."),
  escalate_to: z.string().min(1).max(63).optional().describe("The name of the channel that gets it then. Absent: the same channel."),
  answers: z
    .enum(channelAnswers)
    .optional()
    .describe(
      "Which questions may be answered through the channel. `content`: questions of Claude and forms. `permissions`: also permissions, hosts, plans and addresses to open, but no rules. " +
        "Needs `question` among the events. Default `none`.",
    ),
  answer_from: z
    .array(text.min(1).max(100))
    .min(1)
    .max(50)
    .optional()
    .describe(
      "Whose answers count. `telegram`: the numbers of users; absent: the person whose chat it is. `slack`: the ids of members; needed with `chat`. `ntfy`: not possible.",
    ),
  answers_topic: text
    .min(1)
    .max(64)
    .optional()
    .describe("`ntfy`: the topic of the same server that answers are sent to, and that the server reads. Absent: one is made."),
  allow_private: z.boolean().optional().describe("Whether it may send to private addresses and without TLS. Default `false`."),
});
export type ChannelInput = z.output<typeof channelInput>;

const { shape } = channelInput;

/** What may change of a channel. Absent fields stay; null takes back what may be left out. */
export const channelChange = channelInput
  .omit({ kind: true })
  .partial()
  .extend({
    url: shape.url.nullable(),
    quiet_hours: shape.quiet_hours.nullable(),
    digest_at: shape.digest_at.nullable(),
    escalate_after_ms: shape.escalate_after_ms.nullable(),
    escalate_to: shape.escalate_to.nullable(),
    answer_from: shape.answer_from.nullable(),
  })
  .refine((change) => Object.keys(change).length > 0, "names nothing to change");
export type ChannelChange = z.output<typeof channelChange>;

export const deliveriesQuery = z.strictObject({
  channel: wholeNumber(1, largest).optional().describe("Only those of the channel of this number."),
  state: z.enum(deliveryStates).optional().describe("Only those in this state."),
  limit: wholeNumber(1, 500).optional().describe("Default 50."),
});
export type DeliveriesQuery = z.output<typeof deliveriesQuery>;

export const notificationOperations = {
  listChannels: operation("listChannels", {
    access: "read",
    tag,
    summary: "List the channels of notifications",
    answer: "All channels, by name. Secrets are not shown.",
    output: channelList,
  }),
  addChannel: operation("addChannel", {
    access: "admin",
    tag,
    summary: "Add a channel",
    description: "It is notified of what happens from now on.",
    body: channelInput,
    status: 201,
    answer: "The channel. Only this answer has the secret that the server made.",
    output: newChannelView,
    problems: ["conflict"],
  }),
  getChannel: operation("getChannel", {
    access: "read",
    tag,
    summary: "Read a channel",
    params: channelParams,
    answer: "The channel.",
    output: channelView,
  }),
  updateChannel: operation("updateChannel", {
    access: "admin",
    tag,
    summary: "Change a channel",
    description:
      "Absent fields stay, and null takes back what may be left out. Its kind does not change. The change also counts for messages that wait. " +
      "A secret that would go to another server must be given again.",
    params: channelParams,
    body: channelChange,
    answer: "The channel.",
    output: channelView,
    problems: ["conflict"],
  }),
  removeChannel: operation("removeChannel", {
    access: "admin",
    tag,
    summary: "Remove a channel",
    description: "What waits to be sent to it is not sent any more.",
    params: channelParams,
    status: 204,
    answer: "Removed.",
    output: null,
  }),
  testChannel: operation("testChannel", {
    access: "admin",
    tag,
    summary: "Send a test",
    description:
      "Sends one message, once, and waits for what becomes of it: `delivered` or `dead`. It is `pending` when other messages come first.",
    params: channelParams,
    answer: "The delivery of the test.",
    output: deliveryView,
  }),
  listDeliveries: operation("listDeliveries", {
    access: "read",
    tag,
    summary: "List deliveries",
    description: "Those that were delivered are kept for a week, those that were given up for 30 days.",
    query: deliveriesQuery,
    answer: "Deliveries, newest first.",
    output: deliveryList,
  }),
  replayDelivery: operation("replayDelivery", {
    access: "admin",
    tag,
    summary: "Send a message that was given up again",
    description: "It is tried again at once, and later for a day, with the same message id.",
    params: deliveryParams,
    answer: "The delivery.",
    output: deliveryView,
    problems: ["conflict"],
  }),
};
