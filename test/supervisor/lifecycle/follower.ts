/**
 * The server's side of one attempt: the real ingest, and the real deliveries of answers and
 * messages, whose runner is a list of what it got.
 */
import assert from "node:assert/strict";
import type { ToRunner } from "../../../src/attempt-protocol/protocol.ts";
import type { TimeLimits } from "../../../src/attempt-protocol/time-limits.ts";
import { AnswerDelivery } from "../../../src/supervisor/answer-delivery.ts";
import type { AttemptContext } from "../../../src/supervisor/attempt-context.ts";
import { Ingest } from "../../../src/supervisor/ingest.ts";
import { MessageDelivery } from "../../../src/supervisor/message-delivery.ts";
import { journalOf } from "./model.ts";
import type { Follower, Model, Real } from "./model.ts";

/** As after a claim and after an adoption: from what the store knows, and from nothing else. */
export function follow(model: Model, real: Real, id: number): Follower {
  const { store } = real;
  const attempt = store.attempts.open().find(({ taskId }) => taskId === id);
  assert.ok(attempt);
  const sent: ToRunner[] = [];
  const limits = { pause: () => {}, resume: () => {} } as TimeLimits;
  const context = { store, parkAfterMs: 3_600_000, now: () => model.now } as AttemptContext;
  const answers = new AnswerDelivery(context, id, { limits, send: (message) => sent.push(message) });
  const messages = new MessageDelivery(store, attempt, (message) => sent.push(message));
  const follower: Follower = {
    ingest: new Ingest(store, attempt, journalOf(real, id), "/"),
    pass() {
      sent.length = 0;
      if (follower.ingest.hasQuestions) answers.pass();
      messages.pass();
      return {
        answers: sent.flatMap((each) => (each.type === "answer" ? [each.key] : [])),
        messages: sent.flatMap((each) => (each.type === "message" ? [each.message.key] : [])),
      };
    },
    stop: () => answers.stop(),
  };
  real.following.get(id)?.stop();
  real.following.set(id, follower);
  return follower;
}
