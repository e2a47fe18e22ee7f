/** Makes what programs get: webhooks as their body, commands on their standard input. */
import { typeOf } from "../domain/notifications/content.ts";
import { cutText } from "../domain/text/cut-text.ts";
import type { Message } from "./message.ts";

/** The same at each try. */
export function payloadOf({ event, occurredAt, title, text, task, hold, question, digest }: Message): object {
  return {
    type: typeOf(event),
    timestamp: new Date(occurredAt).toISOString(),
    data: {
      event,
      title,
      text,
      task,
      hold: hold === null ? null : { ...hold, until: hold.until === null ? null : new Date(hold.until).toISOString() },
      question,
      ...(digest === undefined ? {} : { digest }),
    },
  };
}

/** Whether a person should look soon. */
export function isUrgent({ event }: Pick<Message, "event">): boolean {
  return event === "question" || event === "failed" || event === "budget" || event === "held" || event === "verification_failed";
}

/** The whole message as text of at most so many characters. */
export function wholeText({ title, text }: Pick<Message, "title" | "text">, max: number): string {
  return cutText(text === "" ? title : `${title}\n${text}`, max);
}
