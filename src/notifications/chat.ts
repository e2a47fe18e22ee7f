/**
 * Sends notifications to chats: incoming webhooks of Slack and Discord, and bots of Telegram. Text
 * is sent as text: nothing in it is a mention, a link with another name, or markup.
 */
import { escapeMarkup } from "../domain/text/escape-markup.ts";
import { objectOf } from "../domain/text/read-json.ts";
import type { Adapter } from "./adapter.ts";
import { wholeText } from "./payload.ts";
import { jsonIn, post, wordOf } from "./post.ts";

/** The address is the secret. Limits: https://docs.slack.dev/reference/block-kit. */
export const slack: Adapter = {
  async send(message, { secret, allowPrivate }, signal) {
    const text = withoutMentions(wholeText(message, 2900));
    // `text` is what phones show, and is marked up unless its three characters are escaped.
    const block = { type: "section", text: { type: "plain_text", text, emoji: false } };
    const body = JSON.stringify({ text: escapeMarkup(withoutLinks(text)), blocks: [block], unfurl_links: false, unfurl_media: false });
    return await post({ url: secret ?? "", body, allowPrivate, signal, said: (answer) => answer });
  },
};

/** Discord's flag for messages without previews of links. */
const suppressEmbeds = 4;

/** The address is the secret. */
export const discord: Adapter = {
  async send(message, { secret, allowPrivate }, signal) {
    // Each character of markup becomes two; the limit is 2000.
    const content = wholeText(message, 950).replaceAll(/[\\*_~`|>#[\]()<@:-]/g, String.raw`\$&`);
    const body = JSON.stringify({ content, allowed_mentions: { parse: [] }, flags: suppressEmbeds });
    return await post({ url: secret ?? "", body, allowPrivate, signal, said: wordOf("message") });
  },
};

const telegramApi = "https://api.telegram.org";

export const telegram: Adapter = {
  async send(message, { target, secret, allowPrivate }, signal) {
    const body = JSON.stringify({
      chat_id: target.chat,
      text: withoutMentions(wholeText(message, 4000)),
      link_preview_options: { is_disabled: true },
    });
    const url = `${(target.url ?? telegramApi).replace(/\/$/, "")}/bot${secret ?? ""}/sendMessage`;
    const retryAfter = (answer: string): number | null => {
      const seconds = objectOf(objectOf(jsonIn(answer))["parameters"])["retry_after"];
      return typeof seconds === "number" ? seconds * 1000 : null;
    };
    return await post({ url, body, allowPrivate, signal, said: wordOf("description"), retryAfter });
  },
};

/**
 * The text with the wide form of each `@`: Telegram, and Mattermost in the place of Slack, find
 * mentions in plain text, too.
 */
function withoutMentions(text: string): string {
  return text.replaceAll("@", "\uff20");
}

/** Mattermost reads `text` as Markdown, in which a blank ends what would be a link or an image. */
function withoutLinks(text: string): string {
  return text.replaceAll(/\](?=[([:])/g, "] ");
}
