/**
 * Sends notifications to incoming webhooks of Slack and Discord. Text is sent as text: nothing in
 * it is a mention, a link with another name, or markup.
 */
import { namedLinks } from "../domain/questions/question-links.ts";
import { cutText } from "../domain/text/cut-text.ts";
import { escapeMarkup } from "../domain/text/escape-markup.ts";
import type { Adapter } from "./adapter.ts";
import type { Message } from "./message.ts";
import { linkLines, wholeText, withoutMentions } from "./payload.ts";
import { post, wordOf } from "./post.ts";

const mostLinks = 10;
/** A section has at most 3000. */
const longestText = 2900;
const mostLinkCharacters = 2900;

/** The address is the secret. Limits: https://docs.slack.dev/reference/block-kit. */
export const slack: Adapter = {
  async send(message, { secret, allowPrivate }, signal) {
    const body = JSON.stringify(slackContent(message));
    return await post({ url: secret ?? "", body, allowPrivate, signal, said: (answer) => answer });
  },
};

export interface SlackContent {
  /** What phones show. */
  readonly text: string;
  readonly blocks: readonly object[];
  readonly unfurl_links: false;
  readonly unfurl_media: false;
}

/** The content of a message for both ways to Slack. */
export function slackContent(message: Pick<Message, "title" | "text" | "links">): SlackContent {
  const text = withoutMentions(wholeText(message, longestText));
  // It is marked up unless its three characters are escaped.
  return { text: escapeMarkup(withoutLinks(text)), blocks: blocksOf(message), unfurl_links: false, unfurl_media: false };
}

/** A block of Slack that shows the text as it is: no markup, no mention, no emoji. */
export function plainSection(text: string): object {
  return { type: "section", text: { type: "plain_text", text: cutText(slackPlain(text), longestText), emoji: false } };
}

/** Slack shows `&lt;` as `<` also in plain text, so that what looks like an escape is escaped. */
export function slackPlain(text: string): string {
  return withoutMentions(text).replaceAll(/&(?=(?:amp|lt|gt);)/g, "&amp;");
}

/** Plain text has no links, so these stand in a block of their own. */
function blocksOf(message: Pick<Message, "title" | "text" | "links">): object[] {
  const plain = plainSection(wholeText({ ...message, links: [] }, longestText));
  const links = namedLinks(message.links).map(({ name, url }) => `<${url}|${withoutMentions(escapeMarkup(name)).replaceAll("|", "/")}>`);
  if (links.length === 0) return [plain];
  const isShown = (_: string, index: number): boolean => links.slice(0, index + 1).join("\n").length <= mostLinkCharacters;
  const shown = links.slice(0, mostLinks).filter(isShown).join("\n");
  return [plain, { type: "section", text: { type: "mrkdwn", text: shown, verbatim: true } }];
}

/** Discord's flag for messages without previews of links. */
const suppressEmbeds = 4;

/** The address is the secret. */
export const discord: Adapter = {
  async send(message, { secret, allowPrivate }, signal) {
    // Each character of markup becomes two; the limit is 2000.
    const links = linkLines(message, escapeDiscord);
    const content = escapeDiscord(wholeText({ ...message, links: [] }, Math.floor((1900 - links.length) / 2))) + links;
    const body = JSON.stringify({ content, allowed_mentions: { parse: [] }, flags: suppressEmbeds });
    return await post({ url: secret ?? "", body, allowPrivate, signal, said: wordOf("message") });
  },
};

function escapeDiscord(text: string): string {
  return text.replaceAll(/[\\*_~`|>#[\]()<@:-]/g, String.raw`\$&`);
}

/** Mattermost reads `text` as Markdown, in which a blank ends what would be a link or an image. */
function withoutLinks(text: string): string {
  return text.replaceAll(/\](?=[([:])/g, "] ");
}
