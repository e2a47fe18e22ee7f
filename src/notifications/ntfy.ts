/** Sends notifications to a topic of ntfy, as JSON to the root of its server. */
import { ntfyParts } from "../domain/notifications/channel.ts";
import type { DeliveryEvent } from "../domain/notifications/notification.ts";
import type { Adapter } from "./adapter.ts";
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

export const ntfy: Adapter = {
  async send(message, { target, secret, allowPrivate }, signal) {
    const parts = ntfyParts(target.url ?? "");
    if (parts === null) return { delivered: false, error: "The channel's address has no topic.", isFinal: true };
    const tag = tags[message.event];
    const body = JSON.stringify({
      topic: parts.topic,
      title: message.title,
      // Without a text ntfy would write one of its own.
      message: (message.text === "" ? message.title : message.text) + linkLines(message),
      ...(message.links.length === 1 ? { click: message.links[0]?.page } : {}),
      priority: isUrgent(message) ? high : usual,
      ...(tag === undefined ? {} : { tags: [tag] }),
    });
    const headers = secret === null ? {} : { authorization: authorizationOf(secret) };
    return await post({ url: parts.server, body, headers, allowPrivate, signal, said: wordOf("error") });
  },
};

/** A token, or `user:password`. */
function authorizationOf(secret: string): string {
  return secret.includes(":") ? `Basic ${Buffer.from(secret).toString("base64")}` : `Bearer ${secret}`;
}
