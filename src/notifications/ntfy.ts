/**
 * Sends notifications to a topic of ntfy, as JSON to the root of its server. The answers to its
 * questions are read in answers/ntfy-source.ts.
 */
import { ntfyParts } from "../domain/notifications/channel.ts";
import type { DeliveryEvent } from "../domain/notifications/notification.ts";
import { cutText, cutToFit } from "../domain/text/cut-text.ts";
import type { Adapter, Destination, Sent } from "./adapter.ts";
import type { Message, MessageAsk } from "./message.ts";
import { isUrgent, linkLines } from "./payload.ts";
import { post, wordOf } from "./post.ts";

/** Names of emoji that ntfy shows before the title. */
const tags: Readonly<Partial<Record<DeliveryEvent, string>>> = {
  question: "question",
  completed: "white_check_mark",
  failed: "x",
  budget: "x",
  held: "pause_button",
  resumed: "arrow_forward",
};
const [usual, high] = [3, 4];
/** Of a message, as JSON: its limit is 4096. A longer one would become an attachment. */
const mostBytes = 4000;
/** Of a question, with room for how to answer it and for a link. */
const mostAskBytes = 3000;
const mostButtons = 3;
const longestButton = 40;

export const ntfy: Adapter = {
  async send(message, to, signal) {
    const { title, text, event, links, ask } = message;
    const tag = tags[event];
    const after = (ask === undefined ? "" : `\n\n${howToAnswer(ask, to)}`) + linkLines(message);
    const fits = (cut: string): boolean => bytesOf(cut + after) <= mostBytes;
    const fields = {
      title,
      // Without a text ntfy would write one of its own.
      message: cutToFit(text === "" ? title : text, fits) + after,
      ...(links.length === 1 ? { click: links[0]?.page } : {}),
      priority: isUrgent(message) ? high : usual,
      ...(tag === undefined ? {} : { tags: [tag] }),
      ...(ask === undefined || ask.options.length === 0 ? {} : { actions: buttonsOf(ask, to) }),
    };
    return await publish(fields, to, signal);
  },
  asks: { fits: (title, text) => bytesOf(title + text) <= mostAskBytes },
};

function bytesOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}

/** Publishes to the topic of the channel. */
export async function publish(fields: Pick<Message, "title"> & object, to: Destination, signal: AbortSignal): Promise<Sent> {
  const { target, secret, allowPrivate } = to;
  const parts = ntfyParts(target.url ?? "");
  if (parts === null) return { delivered: false, error: "The channel's address has no topic.", isFinal: true };
  const body = JSON.stringify({ topic: parts.topic, ...fields });
  return await post({ url: parts.server, body, headers: headersOf(secret), allowPrivate, signal, said: wordOf("error") });
}

/** @param secret a token, or `user:password`. */
export function headersOf(secret: string | null): Record<string, string> {
  if (secret === null) return {};
  return { authorization: secret.includes(":") ? `Basic ${Buffer.from(secret).toString("base64")}` : `Bearer ${secret}` };
}

/** The phone sends them itself, without the token of the server. */
function buttonsOf({ code, options }: MessageAsk, to: Destination): object[] {
  return options.slice(0, mostButtons).map((label, index) => ({
    action: "http",
    label: cutText(label, longestButton),
    method: "POST",
    url: `${ntfyParts(to.target.url ?? "")?.server ?? ""}${to.target.answersTopic ?? ""}`,
    body: `${code}.${index}`,
    clear: true,
  }));
}

function howToAnswer({ code, options, hint }: MessageAsk, { target }: Destination): string {
  const more = options.slice(mostButtons).map((label) => `"${label}"`);
  const said = [...more, ...(hint === null ? [] : [hint])].join(", or ");
  const press = options.length === 0 ? "" : "Press a button. ";
  return said === "" ? press.trim() : `${press}In words, write to the topic ${target.answersTopic ?? ""}: ${code} and ${said}.`;
}
