/** Sends notifications as webhooks of the Standard Webhooks specification: signed JSON. */
import { Webhook } from "standardwebhooks";
import { typeOf } from "../domain/notifications/content.ts";
import type { Adapter } from "./adapter.ts";
import type { Message } from "./message.ts";
import { post } from "./post.ts";

/** @param clock the system's clock: receivers compare the time with theirs. */
export function webhookAdapter(clock: () => number = Date.now): Adapter {
  return {
    async send(message, { target, secret, allowPrivate }, signal) {
      if (target.url === undefined || secret === null)
        return { delivered: false, error: "The channel has no address or secret.", isFinal: true };
      const body = JSON.stringify(payloadOf(message));
      const at = Math.floor(clock() / 1000);
      const headers = {
        "content-type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": String(at),
        "webhook-signature": new Webhook(secret).sign(message.id, new Date(at * 1000), body),
      };
      return await post({ url: target.url, body, headers, allowPrivate, signal });
    },
  };
}

/** The same at each try. */
function payloadOf({ event, occurredAt, title, text, task, hold, question }: Message): object {
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
    },
  };
}
