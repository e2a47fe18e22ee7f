/**
 * Sends notifications by an app of Slack into one of its channels, as plain text, and changes them
 * later. The answers to its questions are read in answers/slack-source.ts; chat.ts sends to
 * incoming webhooks.
 */
import { slackTokens } from "../domain/notifications/channel.ts";
import { cutText } from "../domain/text/cut-text.ts";
import { escapeMarkup } from "../domain/text/escape-markup.ts";
import { arrayOf, objectOf, stringOf } from "../domain/text/read-json.ts";
import type { JsonObject } from "../domain/text/read-json.ts";
import type { Adapter, Destination, Sent } from "./adapter.ts";
import { plainSection, slackContent, slackPlain } from "./chat.ts";
import { exchange, textOf } from "./exchange.ts";
import type { MessageAsk } from "./message.ts";
import { jsonIn, retryAfterMs } from "./post.ts";

const api = "https://slack.com/api";
const mostBytes = 1024 * 1024;
/** Of a question, escaped: room for what is added to it when it has ended. */
const longestAsk = 2400;
/** Slack takes 75. */
const longestButton = 75;
/** Of one block. */
const mostButtons = 25;
const mostButtonBlocks = 4;

export const slackApp: Adapter = {
  async send(message, to, signal) {
    const { ask } = message;
    const content = slackContent(message);
    const blocks =
      ask === undefined
        ? content.blocks
        : [...content.blocks, { ...plainSection(howToAnswer(ask)), block_id: `${askBlock}${ask.code}` }, ...buttonsOf(ask)];
    const answer = await callAsBot("chat.postMessage", { channel: to.target.chat, ...content, blocks }, to, signal);
    if (!answer.ok) return failed(answer);
    const [channel, ts] = [stringOf(answer.json["channel"]), stringOf(answer.json["ts"])];
    return channel === null || ts === null ? { delivered: true } : { delivered: true, ref: slackRef(channel, ts) };
  },
  asks: {
    fits: (title, text) => escapeMarkup(title + text).length <= longestAsk,
    async change(ref, message, to, signal) {
      const [channel = "", ts = ""] = ref.split(":");
      const { text, blocks } = slackContent({ ...message, links: [] });
      const answer = await callAsBot("chat.update", { channel, ts, text, blocks }, to, signal);
      return answer.ok ? { delivered: true } : { ...failed(answer), isFinal: unchangeable.has(answer.code ?? "") };
    },
  },
};

/** The message is gone, or Slack lets it stay as it is. */
const unchangeable: ReadonlySet<string> = new Set(["message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"]);

/** The name of a message: that of Slack counts within its channel. */
export function slackRef(channel: string, ts: string): string {
  return `${channel}:${ts}`;
}

function howToAnswer({ options, hint }: MessageAsk): string {
  if (hint === null) return "Press a button.";
  return options.length === 0
    ? `Reply in the thread of this message with ${hint}.`
    : `Press a button, or reply in the thread of this message with ${hint}.`;
}

/** Begins the id of the block that has the message's code. */
const askBlock = "ask_";

/**
 * The code of a message of the app that Slack calls so; null: another app has posted it, it has
 * lost its code, or it cannot be read.
 * @throws Error a sentence: Slack cannot be reached.
 */
export async function askCodeOf(
  { channel, ts, app }: { readonly channel: string; readonly ts: string; readonly app: string | null },
  to: Destination,
  signal: AbortSignal,
): Promise<string | null> {
  const answer = await call("conversations.replies", { channel, ts, limit: 1 }, { to, signal, holder: "bot", reads: true });
  const root = answer.ok ? objectOf(arrayOf(answer.json["messages"])[0]) : {};
  const by = stringOf(root["app_id"]) ?? stringOf(objectOf(root["bot_profile"])["app_id"]);
  if (app === null || by !== app || root["ts"] !== ts) return null;
  const ids = arrayOf(root["blocks"]).map((block) => stringOf(objectOf(block)["block_id"]) ?? "");
  return ids.find((id) => id.startsWith(askBlock))?.slice(askBlock.length) ?? null;
}

/** A press sends back the message's code, and which option it is. */
function buttonsOf({ code, options }: MessageAsk): object[] {
  const buttons = options.slice(0, mostButtons * mostButtonBlocks).map((label, index) => ({
    type: "button",
    text: { type: "plain_text", text: buttonText(label), emoji: false },
    action_id: `answer_${index}`,
    value: `${code}.${index}`,
  }));
  return Array.from({ length: Math.ceil(buttons.length / mostButtons) }, (_, block) => ({
    type: "actions",
    elements: buttons.slice(block * mostButtons, (block + 1) * mostButtons),
  }));
}

/** A character may count as two units, and an escape as five characters. */
function buttonText(label: string): string {
  const texts = [longestButton, longestButton / 2, longestButton / 5].map((most) => slackPlain(cutText(label, Math.floor(most))));
  return texts.find(({ length }) => length <= longestButton) ?? "…";
}

export type SlackAnswer =
  | { readonly ok: true; readonly json: JsonObject }
  | {
      readonly ok: false;
      /** A sentence for people. */
      readonly problem: string;
      /** Slack's word for it; null: it gave none. */
      readonly code: string | null;
      readonly retryAfterMs: number | null;
    };

/** Calls a method with the token of the bot. @throws Error a sentence: Slack cannot be reached. */
export function callAsBot(method: string, params: object, to: Destination, signal: AbortSignal): Promise<SlackAnswer> {
  return call(method, params, { to, signal, holder: "bot" });
}

/** The same with the token of the app. */
export function callAsApp(method: string, params: object, to: Destination, signal: AbortSignal): Promise<SlackAnswer> {
  return call(method, params, { to, signal, holder: "app" });
}

interface Call {
  readonly to: Destination;
  readonly signal: AbortSignal;
  readonly holder: "bot" | "app";
  /** Slack's methods that read take no JSON. */
  readonly reads?: boolean;
}

async function call(method: string, params: object, { to, signal, holder, reads = false }: Call): Promise<SlackAnswer> {
  const { target, secret, allowPrivate } = to;
  const url = `${(target.url ?? api).replace(/\/$/, "")}/${method}`;
  const headers = { authorization: `Bearer ${slackTokens(secret ?? "")?.[holder] ?? ""}` };
  const query = new URLSearchParams(Object.entries(params).map(([name, value]): [string, string] => [name, String(value)]));
  const request = reads
    ? ({ url: `${url}?${query.toString()}`, method: "GET" } as const)
    : ({ url, method: "POST", body: JSON.stringify(params) } as const);
  const answer = await exchange({ ...request, headers, allowPrivate, signal });
  const json = objectOf(jsonIn(await textOf(answer, signal, mostBytes)));
  const { statusCode: status = 0, headers: answered } = answer;
  if (status === 200 && json["ok"] === true) return { ok: true, json };
  const code = wordIn(json["error"]);
  const problem = code === null ? problemOfStatus(status) : problemOf(code, wordIn(json["needed"]), holder);
  return { ok: false, problem, code, retryAfterMs: retryAfterMs(answered["retry-after"]) };
}

/** Slack's errors and scopes are words. Anything else is not shown. */
function wordIn(value: unknown): string | null {
  const text = stringOf(value);
  return text !== null && /^[a-z0-9_:.,]{1,80}$/.test(text) ? text : null;
}

function problemOfStatus(status: number): string {
  if (status >= 300 && status < 400) return `Slack answered ${status}, a redirect, which is not followed.`;
  return status === 200 ? "Slack's answer is not one of its API." : `Slack answered ${status}.`;
}

/** Slack does not accept the token. */
const refusals: ReadonlySet<string> = new Set([
  "invalid_auth",
  "not_authed",
  "account_inactive",
  "token_revoked",
  "token_expired",
  "not_allowed_token_type",
]);

function problemOf(code: string, needed: string | null, holder: Call["holder"]): string {
  const token = holder === "bot" ? "the token of the bot (xoxb-…)" : "the token of the app (xapp-…)";
  if (refusals.has(code))
    return `Slack refused ${token}: ${code}. Give both tokens again: claude-worker notify edit NAME --secret-file FILE`;
  switch (code) {
    case "missing_scope":
      return `A scope is missing for ${token}${needed === null ? "" : `: ${needed}`}. Add it in the settings of the app, and install the app again.`;
    case "channel_not_found":
    case "not_in_channel":
      return `The app is not in the channel (${code}). Write there: /invite @ and the name of the app.`;
    case "ratelimited":
      return "Slack wants fewer messages (ratelimited).";
    default:
      return `Slack answered ${code}.`;
  }
}

function failed({ problem, retryAfterMs: pauseMs }: SlackAnswer & { readonly ok: false }): Sent & { readonly delivered: false } {
  return { delivered: false, error: problem, retryAfterMs: pauseMs };
}
