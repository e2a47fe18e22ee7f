/** The channel with nothing special that tests start from: a webhook that takes no answers. */
import { noRules } from "../src/domain/notifications/rules.ts";
import type { NewChannel } from "../src/domain/notifications/channel.ts";

export function plainChannel(part: Partial<NewChannel> = {}): NewChannel {
  return {
    name: "phone",
    kind: "webhook",
    target: { url: "https://example.com/" },
    events: ["question"],
    allowPrivate: false,
    rules: noRules,
    answers: "none",
    answerFrom: [],
    addedToken: null,
    createdAt: 1,
    ...part,
  };
}
