/** Makes what programs get: webhooks as their body, commands on their standard input. */
import { typeOf } from "../domain/notifications/content.ts";
import type { NotifiedBudget } from "../domain/notifications/content.ts";
import { namedLinks } from "../domain/questions/question-links.ts";
import { cutText } from "../domain/text/cut-text.ts";
import type { Message } from "./message.ts";

/** Of the smallest chat, with room for a text. */
const mostLinks = 1200;

/** The same at each try, except for links. */
export function payloadOf({ event, occurredAt, title, text, task, hold, question, digest, budget, links }: Message): object {
  return {
    type: typeOf(event, { task }),
    timestamp: new Date(occurredAt).toISOString(),
    data: {
      event,
      title,
      text,
      task,
      hold: hold === null ? null : { ...hold, until: hold.until === null ? null : new Date(hold.until).toISOString() },
      question,
      ...(digest === undefined ? {} : { digest }),
      ...(budget === undefined ? {} : { budget: budgetPayload(budget) }),
      ...(links.length === 0 ? {} : { links }),
    },
  };
}

function budgetPayload({ name, level, spentUsd, limitUsd, isHard, until }: NotifiedBudget): object {
  return { name, level, spent_usd: spentUsd, limit_usd: limitUsd, hard: isHard, until: new Date(until).toISOString() };
}

/** Whether a person should look soon. */
export function isUrgent({ event }: Pick<Message, "event">): boolean {
  return (
    event === "question" ||
    event === "failed" ||
    event === "budget" ||
    event === "held" ||
    event === "schedule" ||
    event === "verification_failed"
  );
}

/** The whole message as text of at most so many characters; its links stay whole. */
export function wholeText(message: Pick<Message, "title" | "text" | "links">, max: number): string {
  const { title, text } = message;
  const links = linkLines(message);
  return cutText(text === "" ? title : `${title}\n${text}`, max - links.length) + links;
}

/**
 * A line for each link, each after a line break. Where they are too many: those of pages only.
 * @param escape for the names, whose words may be an agent's.
 */
export function linkLines({ links }: Pick<Message, "links">, escape: (name: string) => string = (name) => name): string {
  const named = namedLinks(links).map(({ name, url }) => `\n${escape(name)}: ${url}`);
  if (named.join("").length <= mostLinks) return named.join("");
  const pages = links.map(({ question, page }) => `\nq${question}: ${page}`);
  return pages.slice(0, Math.floor(mostLinks / Math.max(...pages.map(({ length }) => length)))).join("");
}

/**
 * The text with the wide form of each `@`: Telegram, and Mattermost in the place of Slack, find
 * mentions in plain text, too.
 */
export function withoutMentions(text: string): string {
  return text.replaceAll("@", "\uff20");
}
