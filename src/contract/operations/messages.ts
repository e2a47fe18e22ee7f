/** What people and programs say to a task after its prompt. */
import { z } from "zod";
import { deliveryWays, maxMessageCharacters } from "../../domain/messages/message.ts";
import { text } from "../task-options.ts";
import { messageList, messageView } from "../views/message.ts";
import { operation } from "./operation.ts";
import { largest, taskParams, wholeNumber } from "./query-values.ts";

const tag = "Messages";

export const messageInput = z.strictObject({
  text: text
    .max(maxMessageCharacters, `the message is longer than ${maxMessageCharacters} characters: put the material into a file and name it`)
    .refine((value) => value.trim() !== "", "the message is empty: say what Claude should do")
    .describe("What to say to Claude."),
  delivery: z
    .enum(deliveryWays)
    .default("next")
    .describe(
      "When a running task gets it. `next`: at the next step of its turn. `after_turn`: as a turn of its own. `now`: the turn is interrupted, and the message replaces it. `dismiss`: it denies the open questions of a task that waits for answers.",
    ),
  key: z
    .uuid()
    .optional()
    .describe("A UUID of your own: the same message with the same key, also after a broken connection, is sent once."),
});
export type MessageInput = z.output<typeof messageInput>;

const messageParams = taskParams.extend({ message: wholeNumber(1, largest).describe("The message's number.") });

export const messageOperations = {
  listMessages: operation("listMessages", {
    access: "read",
    tag,
    summary: "List a task's messages",
    params: taskParams,
    answer: "All messages, oldest first.",
    output: messageList,
  }),
  sendMessage: operation("sendMessage", {
    access: "submit",
    tag,
    summary: "Say something to a task",
    description:
      "The caller needs the rights for a submit of the task. A task that has ended continues in the same conversation, as a new attempt. One that has not begun gets the message with its prompt. One that runs gets it as `delivery` says. One that waits for an answer gets it after the answer.",
    params: taskParams,
    body: messageInput,
    status: 201,
    answer: "The message, which is stored.",
    output: messageView,
    problems: ["conflict", "unprocessable", "untrusted_directory"],
  }),
  unsendMessage: operation("unsendMessage", {
    access: "submit",
    tag,
    summary: "Take a message back that was not delivered",
    description:
      "An ended task that only this message was to continue is cancelled. A running task gives back what it has queued and not begun; that may take some seconds. A message that an attempt began with, or one that was sent `now`, is a `conflict` until the task has ended, and so is one that is part of the conversation.",
    params: messageParams,
    answer: "The message, which is cancelled.",
    output: messageView,
    problems: ["conflict"],
  }),
};
