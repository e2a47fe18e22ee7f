/** The flags of `notify add` and `notify edit` that say what a channel sends, and when. */
import { WorkerError } from "../../../domain/errors.ts";
import { channelAnswers } from "../../../domain/notifications/channel-answers.ts";
import type { ChannelAnswers } from "../../../domain/notifications/channel-answers.ts";
import { isTimeOfDay } from "../../../domain/notifications/local-time.ts";
import { defaultEvents, notificationEvents } from "../../../domain/notifications/notification.ts";
import type { NotificationEvent } from "../../../domain/notifications/notification.ts";
import { didYouMean } from "../../../domain/text/did-you-mean.ts";
import type { OptionSpec } from "../../commandline/command.ts";
import { flagParts } from "../../commandline/flags.ts";
import { duration, label, nonEmpty } from "../../commandline/option-values.ts";
import type { Io } from "../../terminal/io.ts";
import { readSecret } from "./read-secret.ts";

/** `Off`: what `off` stands for. */
export interface RuleFlags<Off = never> {
  readonly on?: readonly NotificationEvent[];
  readonly secretFile?: string;
  readonly allowPrivate?: boolean;
  readonly label?: readonly (readonly [string, string])[];
  readonly quiet?: { from: string; to: string } | Off;
  readonly digestAt?: string | Off;
  readonly escalateAfter?: number | Off;
  readonly escalateTo?: string | Off;
  readonly answers?: ChannelAnswers;
  readonly answerFrom?: string[] | Off;
  readonly answersTopic?: string;
}

export const ruleFlags: readonly OptionSpec[] = [
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
];

/** Flags that take `off`, which takes them back. */
const mayBeOff: ReadonlySet<string> = new Set(["--quiet", "--digest-at", "--escalate-after", "--escalate-to", "--answer-from"]);

/** The same for a channel that is there. */
export const changeFlags: readonly OptionSpec[] = ruleFlags.map((spec) => {
  const { parse } = spec;
  const description = spec.description.replace(/ \(default: [^)]*\)$/, "");
  if (parse === undefined || !mayBeOff.has(flagParts(spec).long)) return { ...spec, description };
  return { ...spec, description: `${description}; or off`, parse: (text: string) => (text === "off" ? null : parse(text)) };
});

/** The fields of a request's body that the flags give, but for labels. */
export async function ruleFields<Off>(flags: RuleFlags<Off>, io: Io) {
  const { on, secretFile, allowPrivate, quiet, digestAt, escalateAfter, escalateTo, answers, answerFrom, answersTopic } = flags;
  const secret = secretFile === undefined ? undefined : await readSecret("--secret-file", secretFile, io);
  return {
    ...(on === undefined ? {} : { events: [...on] }),
    ...(secret === undefined ? {} : { secret }),
    ...(allowPrivate === true ? { allow_private: true } : {}),
    ...(quiet === undefined ? {} : { quiet_hours: quiet }),
    ...(digestAt === undefined ? {} : { digest_at: digestAt }),
    ...(escalateAfter === undefined ? {} : { escalate_after_ms: escalateAfter }),
    ...(escalateTo === undefined ? {} : { escalate_to: escalateTo }),
    ...(answers === undefined ? {} : { answers }),
    ...(answerFrom === undefined ? {} : { answer_from: answerFrom }),
    ...(answersTopic === undefined ? {} : { answers_topic: answersTopic }),
  };
}

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
