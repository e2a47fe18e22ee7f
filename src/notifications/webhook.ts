/** Sends notifications as webhooks of the Standard Webhooks specification: signed JSON. */
import { Webhook } from "standardwebhooks";
import type { Adapter } from "./adapter.ts";
import { payloadOf } from "./payload.ts";
import { post } from "./post.ts";

/** @param clock the system's clock: receivers compare the time with theirs. */
export function webhookAdapter(clock: () => number = Date.now): Adapter {
  return {
    async send(message, { target, secret, allowPrivate }, signal) {
      const body = JSON.stringify(payloadOf(message));
      const at = Math.floor(clock() / 1000);
      const headers = {
        "webhook-id": message.id,
        "webhook-timestamp": String(at),
        "webhook-signature": new Webhook(secret ?? "").sign(message.id, new Date(at * 1000), body),
      };
      return await post({ url: target.url ?? "", body, headers, allowPrivate, signal });
    },
  };
}
