/**
 * Defines channels: where notifications go, and which ones. channel-rules.ts says what each kind
 * needs.
 */
import type { ChannelAnswers } from "./channel-answers.ts";
import type { NotificationEvent } from "./notification.ts";
import type { ChannelRules } from "./rules.ts";

export const channelKinds = ["webhook", "ntfy", "slack", "discord", "telegram", "email", "desktop", "command"] as const;
export type ChannelKind = (typeof channelKinds)[number];

/** How a channel works: Slack by an incoming webhook, or by an app, which takes answers. */
export type ChannelForm = ChannelKind | "slack_app";

/** Where a channel sends to, by kind; secrets are apart. */
export interface ChannelTarget {
  /** Of a webhook; of ntfy with the topic; of the mail server; of an own API for a chat. */
  readonly url?: string;
  /** Of ntfy: the topic at the same server that answers come to. */
  readonly answersTopic?: string;
  /** Of Telegram; of Slack: the channel that an app posts into. */
  readonly chat?: string;
  /** Addresses of mail, with commas between. */
  readonly to?: string;
  readonly from?: string;
  /** A program and its arguments. */
  readonly command?: readonly string[];
}

export interface NewChannel {
  /** Begins with a letter, so that it is not taken for a number. */
  readonly name: string;
  readonly kind: ChannelKind;
  readonly target: ChannelTarget;
  readonly events: readonly NotificationEvent[];
  /** Whether it may send to private addresses, and without TLS. */
  readonly allowPrivate: boolean;
  readonly rules: ChannelRules;
  /** Which questions may be answered through it. */
  readonly answers: ChannelAnswers;
  /** Users of the chat whose answers count. */
  readonly answerFrom: readonly string[];
  /** The token of who added it; null: the server's owner. */
  readonly addedToken: number | null;
  readonly createdAt: number;
}

export interface Channel extends NewChannel {
  readonly id: number;
}

export function formOf({ kind, target }: Pick<Channel, "kind" | "target">): ChannelForm {
  return kind === "slack" && target.chat !== undefined ? "slack_app" : kind;
}

/** The most channels that there can be. */
export const maxChannels = 50;

/** Why an address cannot be used; null: it can. A part of a sentence. */
export function urlProblem(text: string, { allowPrivate }: { readonly allowPrivate: boolean }): string | null {
  const url = parsed(text);
  if (url === null) return "is not an address like https://example.com/hook";
  if (url.protocol !== "https:" && url.protocol !== "http:") return "must begin with https://";
  if (url.username !== "" || url.password !== "") return "must not hold a user name or a password";
  if (url.protocol === "http:" && !allowPrivate) return "must begin with https://; http:// needs --allow-private";
  return null;
}

/** Why an address of a mail server cannot be used; null: it can. A part of a sentence. */
export function smtpProblem(text: string): string | null {
  const url = parsed(text);
  if (url === null || url.hostname === "" || (url.protocol !== "smtp:" && url.protocol !== "smtps:"))
    return "is not a mail server like smtps://me@mail.example.com or smtp://me@mail.example.com:587";
  if (url.password !== "") return "must not hold a password; put it into a file for --secret-file";
  if (!["", "/"].includes(url.pathname) || url.search !== "") return "must end behind the host and the port";
  return null;
}

/** The server and the topic of an ntfy address; null: it names no topic. */
export function ntfyParts(text: string): { readonly server: string; readonly topic: string } | null {
  const url = parsed(text);
  const [, path = "", topic = ""] = /^(.*\/)([^/]+)\/?$/.exec(url?.pathname ?? "") ?? [];
  if (url === null || !isNtfyTopic(topic) || url.search !== "") return null;
  return { server: `${url.origin}${path}`, topic };
}

export function isNtfyTopic(text: string): boolean {
  return /^[-_A-Za-z0-9]{1,64}$/.test(text);
}

/** The tokens of an app of Slack. */
export interface SlackTokens {
  /** Sends messages. */
  readonly bot: string;
  /** Opens the connection that answers come by; null: none is given. */
  readonly app: string | null;
}

/** Null: the secret is something else. @param secret a token a line, in any order. */
export function slackTokens(secret: string): SlackTokens | null {
  const words = secret.trim().split(/\s+/);
  const [bot, ...otherBots] = words.filter((word) => /^xoxb-[A-Za-z0-9-]{10,250}$/.test(word));
  const [app = null, ...otherApps] = words.filter((word) => /^xapp-[A-Za-z0-9-]{10,250}$/.test(word));
  if (bot === undefined || otherBots.length + otherApps.length > 0 || words.length !== (app === null ? 1 : 2)) return null;
  return { bot, app };
}

function parsed(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
