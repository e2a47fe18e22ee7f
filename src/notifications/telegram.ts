/**
 * Sends notifications by a bot of Telegram, as plain text, and changes them later. The answers to
 * its questions are read in answers/telegram-source.ts.
 */
import { arrayOf, numberOf, objectOf, stringOf } from "../domain/text/read-json.ts";
import type { JsonObject } from "../domain/text/read-json.ts";
import { cutText } from "../domain/text/cut-text.ts";
import type { Adapter, Destination, Sent } from "./adapter.ts";
import { exchange, textOf } from "./exchange.ts";
import type { Message, MessageAsk } from "./message.ts";
import { wholeText, withoutMentions } from "./payload.ts";
import { jsonIn, post, wordOf } from "./post.ts";

const api = "https://api.telegram.org";
/** Telegram takes 4096. */
const longestText = 4000;
/** Room for what is added to a question when it has ended. */
const longestAsk = 3500;
const longestButton = 60;
const mostBytes = 4 * 1024 * 1024;
/** More, or longer ones, stand below each other. */
const besideEachOther = 3;

export const telegram: Adapter = {
  send: (message, to, signal) => {
    const { ask, title, text, links } = message;
    const params =
      ask === undefined
        ? textOfMessage(message, to)
        : { ...textOfMessage({ title, links, text: `${text}\n\n${howToAnswer(ask)}` }, to), reply_markup: keyboardOf(ask) };
    return postTo("sendMessage", params, to, signal);
  },
  asks: {
    fits: (title, text) => title.length + text.length <= longestAsk,
    change: async (ref, message, to, signal) => {
      const params = { ...textOfMessage({ ...message, links: [] }, to), message_id: Number(ref), reply_markup: { inline_keyboard: [] } };
      const sent = await postTo("editMessageText", params, to, signal);
      // It has this text already, or a person has removed it.
      return !sent.delivered && / 400\. /.test(sent.error) ? { ...sent, isFinal: true } : sent;
    },
  },
};

function textOfMessage(message: Pick<Message, "title" | "text" | "links">, { target }: Destination): object {
  return {
    chat_id: target.chat,
    text: withoutMentions(wholeText(message, longestText)),
    link_preview_options: { is_disabled: true },
  };
}

function howToAnswer({ code, options, hint }: MessageAsk): string {
  if (hint === null) return "Press a button.";
  return options.length === 0
    ? `Reply to this message with ${hint}.\n${codeMark}${code}`
    : `Press a button, or reply to this message with ${hint}.`;
}

/** What a button sends back (at most 64 bytes): the message's code, and which option it is. */
function keyboardOf({ code, options }: MessageAsk): object {
  const buttons = options.map((text, index) => ({
    text: withoutMentions(cutText(text, longestButton)),
    callback_data: `${code}.${index}`,
  }));
  const isRow = buttons.length <= besideEachOther && buttons.every(({ text }) => text.length <= longestButton / 4);
  return { inline_keyboard: isRow ? [buttons] : buttons.map((button) => [button]) };
}

/** Stands before the code of a message that has no buttons. */
const codeMark = "Code of this message: ";

/** The code of a message of the bot, in its buttons or a line of its own; null: it has none. */
export function askCodeIn(message: JsonObject): string | null {
  const rows = arrayOf(objectOf(message["reply_markup"])["inline_keyboard"]);
  for (const button of rows.flatMap((row) => arrayOf(row))) {
    const code = /^([0-9a-z]{1,40})\.\d{1,3}$/.exec(stringOf(objectOf(button)["callback_data"]) ?? "")?.[1];
    if (code !== undefined) return code;
  }
  // Links may follow it; what an agent wrote stands before it.
  const line = stringOf(message["text"])
    ?.split("\n")
    .findLast((each) => each.startsWith(codeMark));
  return line?.slice(codeMark.length) ?? null;
}

/** The number of the bot, with which its token begins. */
export function botIdOf({ secret }: Pick<Destination, "secret">): string | null {
  return /^\d+/.exec(secret ?? "")?.[0] ?? null;
}

async function postTo(method: string, params: object, to: Destination, signal: AbortSignal): Promise<Sent> {
  return await post({
    url: urlOf(method, to),
    body: JSON.stringify(params),
    allowPrivate: to.allowPrivate,
    signal,
    said: wordOf("description"),
    retryAfter: (answer) => retryAfterMs(jsonIn(answer)),
    ref: (answer) => numberOf(objectOf(objectOf(jsonIn(answer))["result"])["message_id"])?.toString() ?? null,
  });
}

export interface BotAnswer {
  readonly status: number;
  /** Null: the call failed. */
  readonly result: unknown;
  /** What Telegram says about a failure. */
  readonly description: string | null;
  readonly retryAfterMs: number | null;
}

/** Calls a method of the bot. @throws Error a sentence: Telegram cannot be reached. */
export async function callBot(method: string, params: object, to: Destination, signal: AbortSignal): Promise<BotAnswer> {
  const { allowPrivate } = to;
  const answer = await exchange({ url: urlOf(method, to), method: "POST", body: JSON.stringify(params), allowPrivate, signal });
  const json = jsonIn(await textOf(answer, signal, mostBytes));
  const { ok, result, description } = objectOf(json);
  const said = stringOf(description);
  return {
    status: answer.statusCode ?? 0,
    result: ok === true ? (result ?? null) : null,
    // Another server that plays Telegram may repeat the address, in which the token stands.
    description: to.secret !== null && said?.includes(to.secret) === true ? null : said,
    retryAfterMs: retryAfterMs(json),
  };
}

function retryAfterMs(answer: unknown): number | null {
  const seconds = numberOf(objectOf(objectOf(answer)["parameters"])["retry_after"]);
  return seconds === null ? null : seconds * 1000;
}

function urlOf(method: string, { target, secret }: Destination): string {
  return `${(target.url ?? api).replace(/\/$/, "")}/bot${secret ?? ""}/${method}`;
}
