/** `notify add`: a channel that notifications are sent to. */
import { WorkerError } from "../../../domain/errors.ts";
import { notificationEvents } from "../../../domain/notifications/notification.ts";
import type { NotificationEvent } from "../../../domain/notifications/notification.ts";
import { didYouMean } from "../../../domain/text/did-you-mean.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { nonEmpty } from "../../commandline/option-values.ts";
import { connectionOf, withServer } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";
import { readSecret } from "./read-secret.ts";

interface Options {
  readonly webhook?: string;
  readonly on?: readonly NotificationEvent[];
  readonly secretFile?: string;
  readonly allowPrivate?: boolean;
}

export const command = defineCommand<Options>({
  name: "notify add",
  summary: "Send notifications to a channel",
  details:
    "A webhook gets signed JSON (Standard Webhooks). When no secret is given, one is made and printed once, on standard output. Without a terminal nothing else is printed.",
  arguments: [{ name: "<name>", description: "a name for the channel" }],
  options: [
    { flags: "--webhook <url>", description: "send to this address", parse: nonEmpty("--webhook") },
    {
      flags: "--on <events>",
      description: `what to send, with commas between: ${notificationEvents.join(", ")} (default: question, completed, failed, held, resumed)`,
      parse: eventsOf,
      completes: notificationEvents,
    },
    {
      flags: "--secret-file <file>",
      description: "the file that holds the channel's secret; - for the standard input",
      parse: nonEmpty("--secret-file"),
      completes: "files",
    },
    { flags: "--allow-private", description: "let it send to private addresses, and without TLS" },
  ],
  examples: [
    { command: "claude-worker notify add ops --webhook https://example.com/hook --on failed,held", does: "tell a program what went wrong" },
    {
      command: "claude-worker notify add local --webhook http://127.0.0.1:8080/ --allow-private",
      does: "send to a program on this machine",
    },
  ],
  async run({ words, options, io }) {
    const { webhook, on, secretFile, allowPrivate } = options;
    if (webhook === undefined) throw new WorkerError("invalid_input", "Say where to send to: --webhook URL");
    const secret = secretFile === undefined ? undefined : await readSecret("--secret-file", secretFile, io);
    const connection = connectionOf(io);
    const input = {
      name: words[0] ?? "",
      kind: "webhook" as const,
      url: webhook,
      ...(on === undefined ? {} : { events: [...on] }),
      ...(secret === undefined ? {} : { secret }),
      ...(allowPrivate === true ? { allow_private: true } : {}),
    };
    const channel = await withServer(io, connection, async () => await connection.client.addChannel(input));
    if (options.json === true) writeJson(io.stdout, channel);
    else if (channel.secret !== null) io.stdout.exact(`${channel.secret}\n`);
    else say(io.stdout, `Added: ${channel.name}`);
    if (io.stdout.isTTY && options.json !== true) {
      if (channel.secret !== null) io.stderr.write("Give it to the receiver, which checks the signature with it: it is not shown again.\n");
      io.stderr.write(`Try it: claude-worker notify test ${channel.name}\n`);
    }
    return exitCodes.ok;
  },
});

function eventsOf(text: string): NotificationEvent[] {
  return text.split(",").map((word) => {
    const event = notificationEvents.find((each) => each === word.trim().toLowerCase());
    if (event !== undefined) return event;
    const near = didYouMean(word, notificationEvents);
    const hint = near === null ? `Known: ${notificationEvents.join(", ")}.` : `Did you mean "${near}"?`;
    throw new WorkerError("invalid_input", `--on: "${word}" is not an event. ${hint}`);
  });
}
