/**
 * Makes the message that a channel gets from a delivery: texts of agents and people without
 * control, bidi and invisible characters, cut to a length for a phone, and without secrets.
 */
import type { Delivery } from "../domain/notifications/delivery.ts";
import type { Content } from "../domain/notifications/content.ts";
import type { DeliveryEvent } from "../domain/notifications/notification.ts";
import type { QuestionLinks } from "../domain/questions/question-links.ts";
import { cutText } from "../domain/text/cut-text.ts";
import { plainLine, plainText } from "../domain/text/plain-text.ts";

export interface Message extends Content {
  readonly id: string;
  readonly event: DeliveryEvent;
  readonly occurredAt: number;
  /** That answer the questions of the message. Empty: the channel answers none by links. */
  readonly links: readonly QuestionLinks[];
  /** Of a question that may be answered in the channel. */
  readonly ask?: MessageAsk;
}

export interface MessageAsk {
  /** What an answer names the message by. */
  readonly code: string;
  /** The answers that the message offers, as they are shown. */
  readonly options: readonly string[];
  /** What words can say, as the end of a sentence; null: nothing. */
  readonly hint: string | null;
}

const longestLine = 200;
const longestText = 2000;

/** @param redact a text without its secrets. */
export function messageOf(
  { messageId, event, occurredAt, content }: Delivery,
  redact: (text: string) => string,
  links: readonly QuestionLinks[] = [],
): Message {
  // Cleaned first: an invisible character within a secret must not hide it from the search.
  const line = (text: string): string => plainLine(redact(plainText(text)), longestLine);
  const lineOrNull = (text: string | null): string | null => (text === null ? null : line(text));
  const { task, hold, question, digest, budget } = content;
  return {
    id: messageId,
    event,
    occurredAt,
    links,
    title: line(content.title),
    text: cutText(redact(plainText(content.text)).trim(), longestText),
    task:
      task === null
        ? null
        : {
            ...task,
            name: lineOrNull(task.name),
            title: line(task.title),
            labels: Object.fromEntries(Object.entries(task.labels).map(([key, value]) => [line(key), line(value)])),
          },
    hold: hold === null ? null : { ...hold, message: line(hold.message) },
    ...(digest === undefined ? {} : { digest }),
    ...(budget === undefined ? {} : { budget: { ...budget, name: line(budget.name) } }),
    question: question === null ? null : { ...question, tool: lineOrNull(question.tool) },
  };
}
