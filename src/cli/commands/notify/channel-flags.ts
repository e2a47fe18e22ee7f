/** The flags of `notify add` and `notify edit` that say where a channel sends to. */
import { channelKinds } from "../../../domain/notifications/channel.ts";
import type { ChannelKind } from "../../../domain/notifications/channel.ts";
import { WorkerError } from "../../../domain/errors.ts";
import type { OptionSpec } from "../../commandline/command.ts";
import { nonEmpty } from "../../commandline/option-values.ts";
import { pathGiven } from "../../commandline/path-given.ts";
import type { Io } from "../../terminal/io.ts";

export interface ChannelFlags {
  readonly webhook?: string;
  readonly ntfy?: string;
  readonly slack?: boolean;
  readonly slackApp?: string;
  readonly slackApi?: string;
  readonly discord?: boolean;
  readonly telegram?: string;
  readonly telegramApi?: string;
  readonly email?: string;
  readonly smtp?: string;
  readonly from?: string;
  readonly desktop?: boolean;
  readonly command?: string;
  readonly arg?: readonly string[];
}

export interface GivenChannel {
  readonly kind: ChannelKind;
  readonly url?: string;
  readonly chat?: string;
  readonly to?: string;
  readonly from?: string;
  readonly command?: string[];
}

export const channelFlags: readonly OptionSpec[] = [
  { flags: "--webhook <url>", description: "send signed JSON to this address (Standard Webhooks)", parse: nonEmpty("--webhook") },
  { flags: "--ntfy <url>", description: "a topic of ntfy, like https://ntfy.sh/my-topic", parse: nonEmpty("--ntfy") },
  { flags: "--slack", description: "an incoming webhook of Slack; its address is the secret" },
  {
    flags: "--slack-app <channel>",
    description: "a channel of Slack, by its id, through an app of yours; the app's two tokens are the secret",
    parse: nonEmpty("--slack-app"),
  },
  { flags: "--slack-api <url>", description: "with --slack-app: an API of your own", parse: nonEmpty("--slack-api") },
  { flags: "--discord", description: "a webhook of Discord; its address is the secret" },
  { flags: "--telegram <chat>", description: "a chat of a Telegram bot; the bot's token is the secret", parse: nonEmpty("--telegram") },
  { flags: "--telegram-api <url>", description: "with --telegram: a Bot API server of your own", parse: nonEmpty("--telegram-api") },
  { flags: "--email <addresses>", description: "send mail, with commas between the addresses", parse: nonEmpty("--email") },
  {
    flags: "--smtp <url>",
    description: "with --email: the mail server, like smtps://me@mail.example.com; the user's password is the secret",
    parse: nonEmpty("--smtp"),
  },
  { flags: "--from <address>", description: "with --email: the sender (default: the first recipient)", parse: nonEmpty("--from") },
  { flags: "--desktop", description: "show it on the desktop of the server's machine" },
  {
    flags: "--command <program>",
    description: "run a program, which gets JSON on its standard input; no shell is used",
    parse: nonEmpty("--command"),
    completes: "files",
  },
  { flags: "--arg <text>", description: "with --command: an argument of the program; as often as needed", repeat: true },
];

/** Flags that belong to another one. */
const companions = {
  telegramApi: { kind: "telegram", flag: "--telegram-api", owner: "--telegram" },
  slackApi: { kind: "slack", flag: "--slack-api", owner: "--slack-app" },
  smtp: { kind: "email", flag: "--smtp", owner: "--email" },
  from: { kind: "email", flag: "--from", owner: "--email" },
  arg: { kind: "command", flag: "--arg", owner: "--command" },
} as const;
const companionFlags = Object.keys(companions) as (keyof typeof companions)[];

/** @throws WorkerError invalid_input: no kind, several, or a flag of another kind. */
export function channelOf(flags: ChannelFlags, io: Pick<Io, "cwd">): GivenChannel {
  const [kind, other] = kindsIn(flags);
  if (kind === undefined) throw invalid(`Say where to send to: one of ${channelKinds.map((each) => `--${each}`).join(", ")}.`);
  if (other !== undefined) throw invalid(`--${kind} and --${other} are two channels. Add one after the other.`);
  for (const each of companionFlags) {
    const { kind: of, flag, owner } = companions[each];
    // An incoming webhook of Slack has no API.
    const isAlone = kind !== of || (each === "slackApi" && flags.slackApp === undefined);
    if (flags[each] !== undefined && isAlone) throw invalid(`${flag} belongs to ${owner}. Leave it out, or give ${owner}.`);
  }
  switch (kind) {
    case "slack":
      return { kind, ...(flags.slackApp === undefined ? {} : { chat: flags.slackApp }), ...urlOf(flags.slackApi) };
    case "webhook":
      return { kind, url: flags.webhook ?? "" };
    case "ntfy":
      return { kind, url: flags.ntfy ?? "" };
    case "telegram":
      return { kind, chat: flags.telegram ?? "", ...urlOf(flags.telegramApi) };
    case "email": {
      const to = flags.email ?? "";
      if (flags.smtp === undefined) throw invalid("--email needs a mail server: --smtp smtps://me@mail.example.com");
      return { kind, to, from: flags.from ?? to.split(",")[0]?.trim() ?? "", url: flags.smtp };
    }
    case "command":
      return { kind, command: [pathGiven(io, flags.command ?? ""), ...(flags.arg ?? [])] };
    default:
      return { kind };
  }
}

/** Slack has two flags. */
function kindsIn(flags: ChannelFlags): ChannelKind[] {
  return channelKinds.filter((each) => flags[each] !== undefined || (each === "slack" && flags.slackApp !== undefined));
}

function urlOf(url: string | undefined): Pick<GivenChannel, "url"> {
  return url === undefined ? {} : { url };
}

/**
 * What the flags change of a channel of this kind.
 * @throws WorkerError invalid_input: a flag of another kind.
 */
export function targetChange(kind: ChannelKind, flags: ChannelFlags, io: Pick<Io, "cwd">): Omit<GivenChannel, "kind"> {
  const given = kindsIn(flags);
  const owners = companionFlags.filter((flag) => flags[flag] !== undefined).map((flag) => companions[flag].kind);
  const other = given.find((each) => each !== kind) ?? owners.find((owner) => owner !== kind);
  if (other !== undefined)
    throw invalid(`The channel's kind is ${kind}, and does not change. Add another one: claude-worker notify add NAME --${other} …`);
  if (flags.arg !== undefined && flags.command === undefined) throw invalid("--arg needs the program, too: --command PROGRAM");
  const chat = flags.telegram ?? flags.slackApp;
  return {
    ...urlOf(flags.webhook ?? flags.ntfy ?? flags.telegramApi ?? flags.slackApi ?? flags.smtp),
    ...(chat === undefined ? {} : { chat }),
    ...(flags.email === undefined ? {} : { to: flags.email }),
    ...(flags.from === undefined ? {} : { from: flags.from }),
    ...(flags.command === undefined ? {} : { command: [pathGiven(io, flags.command), ...(flags.arg ?? [])] }),
  };
}

function invalid(sentence: string): WorkerError {
  return new WorkerError("invalid_input", sentence);
}
