/** When a person is asked for consent to paid usage, and how long an answer counts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { AccountReport } from "../../src/domain/order/account-report.ts";
import type { Question } from "../../src/domain/questions/question.ts";
import { resumeQueue } from "../../src/operations/holds/hold-queue.ts";
import { expireQuestions } from "../../src/operations/questions/expire-questions.ts";
import { giveConsent } from "../../src/operations/questions/give-consent.ts";
import { keepFromOverage } from "../../src/supervisor/overage-consent.ts";
import { newAttempt, setup } from "../store/setup.ts";

const hourMs = 3_600_000;

/** A task whose account has just reported a full limit. */
async function full(t: TestContext) {
  const { store, submit } = setup(t);
  const { id } = await submit();
  const claimed = await store.write(() => store.attempts.claim(id, { ...newAttempt("r"), account: "a" }, 1));
  const attempt = claimed?.attempt ?? assert.fail();
  const now = Date.now();
  const report = (resetsAt: number): AccountReport => ({
    windows: { five_hour: { utilization: 1, resetsAt, status: "allowed" } },
    overage: { enabled: true, inUse: false, disabledReason: null },
  });
  const hear = (at = now, reset = now + hourMs): Promise<void> =>
    store.write(() => keepFromOverage(store, attempt, report(reset), { asks: true, now: at }));
  await hear();
  const questions = (): Question[] => store.questions.ofTask(id);
  return {
    store,
    id,
    attempt,
    now,
    hear,
    statuses: () => questions().map(({ status }) => status),
    holds: () => store.holds.active().map(({ message }) => message),
    answer: (decision: "allow" | "deny"): Promise<void> =>
      store.write(() => {
        const answered = store.questions.answer(questions().at(-1)?.id ?? 0, { decision }, "me", now);
        if (answered !== null) giveConsent(store, answered, now);
      }),
  };
}

test("one question is asked for a limit, however often it is reported", async (t) => {
  const { hear, statuses, holds } = await full(t);
  await hear();
  assert.deepEqual(statuses(), ["open"]);
  assert.match(holds().join(), /needs a person's consent.*claude-worker answer q1 allow/);
});

test("a consent lifts the holds and counts until the reset", async (t) => {
  const { now, hear, answer, statuses, holds } = await full(t);
  await answer("allow");
  await hear(now + hourMs - 1);
  assert.deepEqual([statuses(), holds()], [["applied"], []]);
  await hear(now + hourMs, now + 2 * hourMs);
  assert.deepEqual([statuses(), holds().length], [["applied", "open"], 1]);
});

test("after a denial the hold stays, and the same limit is not asked again", async (t) => {
  const { hear, answer, statuses, holds } = await full(t);
  await answer("deny");
  await hear();
  assert.deepEqual(statuses(), ["applied"]);
  assert.match(holds().join(), /which is forbidden/);
});

test("resume ends the question, and the next report asks again", async (t) => {
  const { store, now, hear, statuses } = await full(t);
  await resumeQueue(store, now);
  assert.deepEqual(statuses(), ["superseded"]);
  await hear();
  assert.deepEqual(statuses(), ["superseded", "open"]);
});

test("at the reset the question ends as denied, also of a task that has ended", async (t) => {
  const { store, id, attempt, now, statuses } = await full(t);
  await store.write(() => {
    store.attempts.close(attempt.id, { kind: "succeeded", message: "m" }, now);
    store.tasks.transition(id, "complete", now);
  });
  await expireQuestions(store, now + hourMs - 1);
  assert.deepEqual(statuses(), ["open"]);
  await expireQuestions(store, now + hourMs);
  assert.deepEqual(statuses(), ["expired"]);
  assert.equal(store.accounts.get("a")?.overageUntil ?? null, null);
  assert.equal(store.tasks.get(id)?.status, "completed");
});
