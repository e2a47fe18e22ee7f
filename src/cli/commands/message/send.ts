/** `send`: says something to a task. */
import type { WorkerClient } from "../../../client/worker-client.ts";
import { randomUUID } from "node:crypto";
import type { MessageView } from "../../../contract/views/message.ts";
import type { TaskStatus } from "../../../domain/task/status.ts";
import type { DeliveryWay } from "../../../domain/messages/message.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { connectionOf, reading, withServer } from "../../server/connection.ts";
import { messageText } from "../../task/message-text.ts";
import { actTaskId } from "../../task/task-reference.ts";
import { canAsk, confirm } from "../../terminal/confirm.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Io } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

interface SendFlags {
  readonly afterTurn?: boolean;
  readonly now?: boolean;
  readonly dismiss?: boolean;
  readonly yes?: boolean;
}

export const command = defineCommand<SendFlags>({
  name: "send",
  summary: "Say something to a task",
  details:
    "A task that has ended continues in the same conversation, as a new attempt: result, cost and story are added. A task that has not begun gets the message with its prompt. A task that runs gets it at the next step of its turn; `--after-turn` and `--now` say otherwise. A task that waits for an answer gets it after the answer.\n\nThe text `-` reads the standard input.",
  arguments: [
    { name: "<id>", description: "the task: its id, last, or its whole name", completes: "tasks" },
    { name: "<text...>", description: "what to say", isText: true },
  ],
  options: [
    { flags: "--after-turn", description: "a running task gets it as a turn of its own, after the present one" },
    { flags: "--now", description: "interrupt the turn of a running task: the message replaces it" },
    { flags: "--dismiss", description: "deny the open questions of the task, with the text as the reason" },
    { flags: "-y, --yes", description: "with --now: do not ask first" },
  ],
  examples: [
    { command: 'claude-worker send 42 "Use the existing helper in src/http"', does: "correct a running task at its next step" },
    { command: 'claude-worker send 42 "Now write the tests too"', does: "continue the conversation of task 42" },
    { command: "git diff | claude-worker send 42 -", does: "say what the standard input says" },
  ],
  async run({ words, options, io }) {
    const [task = "", ...rest] = words;
    const connection = connectionOf(io);
    const delivery = deliveryOf(options);
    const text = await messageText(rest, io);
    if (delivery === "now" && options.yes !== true && canAsk(io)) await confirmInterrupt(task, io);
    // With a key the message is stored once, also when the call is made again.
    const key = randomUUID();
    const { client } = connection;
    const work = async (): Promise<MessageView> => await client.sendMessage({ id: await actTaskId(client, task), text, key, delivery });
    const message = await withServer(io, connection, work, { isRepeatable: true });
    if (options.json === true) {
      writeJson(io.stdout, message);
      return exitCodes.ok;
    }
    const status = await statusOf(client, message);
    say(io.stdout, sentText(message, status));
    const command = commandIn(message.text);
    // What goes with a prompt is a text.
    if (command !== null && status !== "pending")
      say(
        io.stderr,
        `If Claude Code has a command ${command} that works without a terminal, it runs that${status === "running" ? " after the turn," : ""} instead of Claude reading it: see claude-worker messages ${message.task_id}`,
      );
    return exitCodes.ok;
  },
});

/** Only a task that runs is interrupted. @throws WorkerError when the person does not want it. */
async function confirmInterrupt(word: string, io: Io): Promise<void> {
  const { found } = await reading(io, async (client) => await client.getTask({ id: await actTaskId(client, word) }));
  if (found.status === "running")
    await confirm(io, `Interrupt what task ${found.id} does now?`, new WorkerError("invalid_input", "Nothing was sent."));
}

/** @throws WorkerError invalid_input: flags that exclude each other. */
function deliveryOf({ afterTurn, now, dismiss }: SendFlags): DeliveryWay {
  const given = (
    [
      ["after_turn", afterTurn],
      ["now", now],
      ["dismiss", dismiss],
    ] as const
  ).filter(([, isGiven]) => isGiven === true);
  if (given.length > 1) throw new WorkerError("invalid_input", "Give only one of --after-turn, --now and --dismiss.");
  return given[0]?.[0] ?? "next";
}

/** Of the task of a message that waits. Only the text depends on it: the message is stored. */
async function statusOf(client: WorkerClient, { task_id: id, status }: MessageView): Promise<TaskStatus | null> {
  if (status !== "queued") return null;
  const task = await client.getTask({ id }).catch(() => null);
  return task?.status ?? null;
}

function sentText({ id, task_id: task, continues, delivery }: MessageView, status: TaskStatus | null): string {
  if (delivery !== "dismiss" && status === "waiting")
    return `Message m${id} is stored. Task ${task} gets it after the answer that it waits for: claude-worker inbox`;
  const stored = `Message m${id} is stored for task ${task}${whenText(delivery, status)}.`;
  return `${continues ? `Task ${task} continues with message m${id}.` : stored} Follow it: claude-worker watch ${task}`;
}

/** What may be a command of Claude Code, like `/compact`. A path is none. Null: nothing. */
function commandIn(text: string): string | null {
  return /^\s*(\/[\w:-]+)(?:\s|$)/.exec(text)?.[1] ?? null;
}

/** When Claude gets the message. */
function whenText(delivery: DeliveryWay, status: TaskStatus | null): string {
  if (status === "pending") return ", which gets it when it starts";
  if (status !== "running" || delivery === "dismiss") return "";
  return { next: ", which gets it at its next step", after_turn: ", which gets it after its turn", now: ", which is interrupted" }[
    delivery
  ];
}
