/** `notify add`: a channel that notifications are sent to. */
import { WorkerError } from "../../../domain/errors.ts";
import { channelAnswers } from "../../../domain/notifications/channel-answers.ts";
import type { ChannelAnswers } from "../../../domain/notifications/channel-answers.ts";
import { isTimeOfDay } from "../../../domain/notifications/local-time.ts";
import { defaultEvents, notificationEvents } from "../../../domain/notifications/notification.ts";
import type { NotificationEvent } from "../../../domain/notifications/notification.ts";
import { didYouMean } from "../../../domain/text/did-you-mean.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { duration, label, nonEmpty } from "../../commandline/option-values.ts";
import { connectionOf, withServer } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";
import { channelFlags, channelOf } from "./channel-flags.ts";
import type { ChannelFlags } from "./channel-flags.ts";
import { readSecret } from "./read-secret.ts";

interface Options extends ChannelFlags {
  readonly on?: readonly NotificationEvent[];
  readonly secretFile?: string;
  readonly allowPrivate?: boolean;
  readonly label?: readonly (readonly [string, string])[];
  readonly quiet?: { from: string; to: string };
  readonly digestAt?: string;
  readonly escalateAfter?: number;
  readonly escalateTo?: string;
  readonly answers?: ChannelAnswers;
  readonly answerFrom?: readonly string[];
  readonly answersTopic?: string;
}

export const command = defineCommand<Options>({
  name: "notify add",
  summary: "Send notifications to a channel",
  details:
    "Give one of --webhook, --ntfy, --slack, --discord, --telegram, --email, --desktop and --command. Secrets come from a file or the standard input (--secret-file): the address of a webhook of Slack or Discord, the token of a Telegram bot or of ntfy, the password of a mail server. For a webhook one is made and printed once, on standard output. Without a terminal nothing else is printed.",
  arguments: [{ name: "<name>", description: "a name for the channel" }],
  options: [
    ...channelFlags,
    {
      flags: "--on <events>",
      description: `what to send, with commas between: ${notificationEvents.join(", ")} (default: ${defaultEvents.join(", ")})`,
      parse: eventsOf,
      completes: notificationEvents,
    },
    {
      flags: "--secret-file <file>",
      description: "the file that holds the channel's secret; - for the standard input",
      parse: nonEmpty("--secret-file"),
      completes: "files",
    },
    { flags: "--label <key=value>", description: "only tasks with this label; of several all must fit", repeat: true, parse: label },
    { flags: "--quiet <hours>", description: "send nothing in these hours, like 22:00-07:00, but at their end", parse: quietOf },
    {
      flags: "--digest-at <time>",
      description: "send a digest every day, like 07:30, if anything happened",
      parse: nonEmpty("--digest-at"),
    },
    {
      flags: "--escalate-after <duration>",
      description: "send a question once more when it has no answer after so long",
      parse: duration("--escalate-after", { min: "1s", max: "30d" }),
    },
    { flags: "--escalate-to <channel>", description: "with --escalate-after: to this channel", parse: nonEmpty("--escalate-to") },
    {
      flags: "--answers <what>",
      description: `let questions be answered there: ${channelAnswers.join(", ")} (default: none)`,
      parse: answersOf,
      completes: channelAnswers,
    },
    {
      flags: "--answer-from <users>",
      description: "with --answers: whose answers count, as the chat numbers its users, with commas between",
      parse: usersOf,
    },
    {
      flags: "--answers-topic <topic>",
      description: "with --ntfy and --answers: the topic of the same server that answers go to (default: a new one)",
      parse: nonEmpty("--answers-topic"),
    },
    { flags: "--allow-private", description: "let it send to private addresses, and without TLS" },
  ],
  examples: [
    { command: "claude-worker notify add ops --webhook https://example.com/hook --on failed,held", does: "tell a program what went wrong" },
    {
      command: "claude-worker notify add local --webhook http://127.0.0.1:8080/ --allow-private",
      does: "send to a program on this machine",
    },
    { command: "claude-worker notify add phone --ntfy https://ntfy.sh/my-topic --on question,failed,held", does: "reach a phone" },
    { command: "claude-worker notify add team --slack --secret-file slack-url", does: "post into a channel of Slack" },
  ],
  async run({ words, options, io }) {
    const {
      on,
      secretFile,
      allowPrivate,
      label: labels,
      quiet,
      digestAt,
      escalateAfter,
      escalateTo,
      answers,
      answerFrom,
      answersTopic,
    } = options;
    const target = channelOf(options, io);
    const secret = secretFile === undefined ? undefined : await readSecret("--secret-file", secretFile, io);
    const connection = connectionOf(io);
    const input = {
      name: words[0] ?? "",
      ...target,
      ...(on === undefined ? {} : { events: [...on] }),
      ...(secret === undefined ? {} : { secret }),
      ...(allowPrivate === true ? { allow_private: true } : {}),
      ...(labels === undefined ? {} : { labels: Object.fromEntries(labels) }),
      ...(quiet === undefined ? {} : { quiet_hours: quiet }),
      ...(digestAt === undefined ? {} : { digest_at: digestAt }),
      ...(escalateAfter === undefined ? {} : { escalate_after_ms: escalateAfter }),
      ...(escalateTo === undefined ? {} : { escalate_to: escalateTo }),
      ...(answers === undefined ? {} : { answers }),
      ...(answerFrom === undefined ? {} : { answer_from: [...answerFrom] }),
      ...(answersTopic === undefined ? {} : { answers_topic: answersTopic }),
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

function quietOf(text: string): { from: string; to: string } {
  const [from, to, ...rest] = text.split("-");
  if (from !== undefined && to !== undefined && rest.length === 0 && isTimeOfDay(from) && isTimeOfDay(to)) return { from, to };
  throw new WorkerError("invalid_input", `--quiet must be two times like 22:00-07:00, not "${text}".`);
}

function answersOf(text: string): ChannelAnswers {
  const found = channelAnswers.find((each) => each === text.trim().toLowerCase());
  if (found !== undefined) return found;
  throw new WorkerError("invalid_input", `--answers must be ${channelAnswers.join(", ")}, not "${text}".`);
}

function usersOf(text: string): string[] {
  const users = text.split(",").map((user) => user.trim());
  if (users.every((user) => user !== "")) return users;
  throw new WorkerError("invalid_input", `--answer-from takes users with commas between, not "${text}".`);
}

function eventsOf(text: string): NotificationEvent[] {
  return text.split(",").map((word) => {
    const event = notificationEvents.find((each) => each === word.trim().toLowerCase());
    if (event !== undefined) return event;
    const near = didYouMean(word, notificationEvents);
    const hint = near === null ? `Known: ${notificationEvents.join(", ")}.` : `Did you mean "${near}"?`;
    throw new WorkerError("invalid_input", `--on: "${word}" is not an event. ${hint}`);
  });
}
