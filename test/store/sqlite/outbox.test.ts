import assert from "node:assert/strict";
import { nextLocalTime } from "../../../src/domain/notifications/local-time.ts";
import { noRules } from "../../../src/domain/notifications/rules.ts";
import type { ChannelRules } from "../../../src/domain/notifications/rules.ts";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { NewEvent } from "../../../src/domain/events/event.ts";
import type { NotificationEvent } from "../../../src/domain/notifications/notification.ts";
import { plainChannel } from "../../../testing/plain-channel.ts";
import { setup as storeSetup } from "../setup.ts";
import type { Setup } from "../setup.ts";

const ended = (
  status: "completed" | "failed" | "cancelled",
  outcome: "succeeded" | "crashed" | "budget_exhausted" | "cancelled",
): NewEvent => ({
  type: "ended",
  at: 5000,
  data: { status, outcome, message: "m" },
});

function setup(t: TestContext) {
  const s: Setup = storeSetup(t);
  const { store } = s;
  const add = async (name: string, ...events: readonly NotificationEvent[]): Promise<number> => {
    return (await store.write(() => store.notifications.addChannel(plainChannel({ name, events }), "s")))?.id ?? 0;
  };
  /** With rules. */
  const addWith = async (name: string, rules: Partial<ChannelRules>, ...events: readonly NotificationEvent[]): Promise<number> => {
    const channel = plainChannel({ name, events, rules: { ...noRules, ...rules } });
    return (await store.write(() => store.notifications.addChannel(channel, "s")))?.id ?? 0;
  };
  /** Another version's event, or one of this version: what counts is its name. */
  const tell = (taskId: number, type: string, data: object, at = 5000): Promise<unknown> =>
    store.write(() => store.events.append(taskId, null, [{ type, at, data } as unknown as NewEvent]));
  const rows = (): string[] =>
    store.notifications
      .deliveries({ limit: 100 })
      .map(({ channelId, event, taskId, occurrence }) => `${channelId} ${event} ${String(taskId)} ${occurrence}`)
      .toReversed();
  return { ...s, add, addWith, tell, rows };
}

test("a task's end is one delivery for each channel that wants it", async (t) => {
  const { store, submit, add, rows } = setup(t);
  await add("all", "completed", "failed");
  await add("failures", "failed");
  const [one, two, three] = [await submit(), await submit(), await submit()];
  await store.write(() => {
    store.events.append(one.id, null, [{ type: "submitted", at: 1, data: { by: "socket" } }, ended("completed", "succeeded")]);
    store.events.append(two.id, null, [ended("failed", "crashed")]);
    store.events.append(three.id, null, [ended("cancelled", "cancelled")]);
  });
  assert.deepEqual(rows(), ["1 completed 1 2", "1 failed 2 1", "2 failed 2 1"]);
});

test("a task whose budget is spent is one message, under the first word wanted", async (t) => {
  const { store, submit, add, rows } = setup(t);
  await add("both", "failed", "budget");
  await add("failed", "failed");
  const { id } = await submit();
  await store.write(() => store.events.append(id, null, [ended("failed", "budget_exhausted")]));
  assert.deepEqual(rows(), ["1 budget 1 1", "2 failed 1 1"]);
});

test("an event that is not stored is not reported", async (t) => {
  const { store, submit, add, rows } = setup(t);
  await add("all", "completed");
  const { id } = await submit();
  const failing = store.write(() => {
    store.events.append(id, null, [ended("completed", "succeeded")]);
    throw new Error("undone");
  });
  await assert.rejects(failing, /undone/);
  assert.deepEqual(rows(), []);
});

test("a hold is reported once, however often it is put, and so is its end", async (t) => {
  const { store, add, rows } = setup(t);
  await add("queue", "held", "resumed");
  const hold = { kind: "rate_limited", scope: "account:a", message: "The limit is reached.", until: 9000 } as const;
  await store.write(() => store.holds.put(hold, 1000));
  await store.write(() => store.holds.put({ ...hold, until: 9500 }, 2000));
  await store.write(() => store.holds.lift("rate_limited", "account:a", 3000));
  await store.write(() => store.holds.lift("rate_limited", "account:a", 4000));
  assert.deepEqual(rows(), ["1 held null rate_limited account:a 1000", "1 resumed null rate_limited account:a 3000"]);
});

test("a hold that follows one whose time has passed is reported again", async (t) => {
  const { store, add, rows } = setup(t);
  await add("queue", "held");
  const hold = { kind: "rate_limited", scope: "account:a", message: "m" } as const;
  await store.write(() => store.holds.put({ ...hold, until: 2000 }, 1000));
  await store.write(() => store.holds.put({ ...hold, until: 5000 }, 3000));
  assert.deepEqual(rows(), ["1 held null rate_limited account:a 1000", "1 held null rate_limited account:a 3000"]);
});

test("tasks start again only when the last hold of their account is over", async (t) => {
  const { store, add, rows } = setup(t);
  await add("queue", "resumed");
  await store.write(() => {
    for (const scope of ["account:a", "account:a/model:opus", "account:b"])
      store.holds.put({ kind: "unavailable", scope, message: "m", until: null }, 1000);
    store.holds.lift("unavailable", "account:a", 2000);
  });
  assert.deepEqual(rows(), []);
  await store.write(() => store.holds.lift("unavailable", "account:a/model:opus", 3000));
  assert.deepEqual(rows(), ["1 resumed null unavailable account:a/model:opus 3000"]);
});

test("a delivery says what happened after its task was removed", async (t) => {
  const { store, start, add } = setup(t);
  await add("all", "completed");
  const { task, attempt } = await start({ prompt: "write a haiku", name: "poem", labels: { team: "a" } });
  await store.write(() => {
    store.attempts.close(attempt.id, { kind: "succeeded", message: "m" }, 4000);
    store.tasks.transition(task.id, "complete", 4000, { attention: [{ kind: "denied", count: 2, detail: null }] });
    store.events.append(task.id, attempt.id, [ended("completed", "succeeded")]);
  });
  await store.write(() => store.tasks.remove(task.id));
  const [delivery] = store.notifications.deliveries({ limit: 1 });
  assert.deepEqual(delivery?.content, {
    title: "Task 1 completed",
    text: "poem: write a haiku\nLook at: denied (2)",
    task: { id: 1, name: "poem", title: "write a haiku", status: "completed", labels: { team: "a" } },
    hold: null,
    question: null,
  });
  assert.match(delivery.messageId, /^msg_[0-9a-f]{32}$/);
});

test("a delivery is due until it is delivered or given up, and can be replayed", async (t) => {
  const { store, add, submit } = setup(t);
  const channel = await add("all", "completed");
  const { id: taskId } = await submit();
  await store.write(() => store.events.append(taskId, null, [ended("completed", "succeeded")]));
  const { notifications } = store;
  const id = notifications.due(channel, 5000)?.id ?? 0;
  assert.deepEqual([notifications.dueChannels(4999), notifications.nextAt(4999)], [[], 5000]);
  assert.equal((await store.write(() => notifications.begin(id, [], 5000)))?.tries, 1);
  await store.write(() => notifications.failed(id, { error: "500", nextTryAt: 9000, now: 5000 }));
  assert.deepEqual([notifications.due(channel, 8999), notifications.due(channel, 9000)?.lastError], [null, "500"]);
  await store.write(() => notifications.failed(id, { error: "gone", nextTryAt: null, now: 9000 }));
  assert.deepEqual(notifications.counts(), [{ channelId: channel, pending: 0, dead: 1 }]);
  assert.equal(await store.write(() => notifications.begin(id, [], 5000)), null);
  const again = await store.write(() => notifications.replay(id, 10_000));
  assert.deepEqual([again?.state, again?.tries, again?.nextTryAt], ["pending", 0, 10_000]);
  assert.equal(await store.write(() => notifications.delivered(id, 11_000, "The mail server refused b@example.com.")), true);
  assert.equal(await store.write(() => notifications.delivered(id, 12_000, null)), false);
  assert.equal(notifications.delivery(id)?.lastError, "The mail server refused b@example.com.");
  assert.equal(await store.write(() => notifications.replay(id, 12_000)), null);
  assert.equal(await store.write(() => notifications.forget(11_000, 0)), 0);
  assert.equal(await store.write(() => notifications.forget(11_001, 0)), 1);
});

test("a removed channel takes its deliveries along", async (t) => {
  const { store, add, submit, rows } = setup(t);
  const channel = await add("all", "completed");
  const { id } = await submit();
  await store.write(() => store.events.append(id, null, [ended("completed", "succeeded")]));
  assert.equal((await store.write(() => store.notifications.removeChannel(channel)))?.name, "all");
  assert.deepEqual(rows(), []);
  assert.equal(store.notifications.secretOf(channel), null);
});

test("a channel with labels hears only of tasks that bear them, and of holds", async (t) => {
  const { store, submit, addWith, rows } = setup(t);
  await addWith("team", { labels: { team: "a" } }, "completed", "held");
  const [one, two] = [await submit({ labels: { team: "a", env: "x" } }), await submit({ labels: { team: "b" } })];
  await store.write(() => {
    for (const { id } of [one, two]) store.events.append(id, null, [ended("completed", "succeeded")]);
    store.holds.put({ kind: "manual", scope: "all", message: "m", until: null }, 1000);
  });
  assert.deepEqual(rows(), ["1 completed 1 1", "1 held null manual all 1000"]);
});

test("a question is due at once, and once more when it has no answer", async (t) => {
  const { store, submit, add, addWith, tell } = setup(t);
  const phone = await add("phone", "failed");
  await addWith("chat", { escalateAfterMs: 60_000, escalateTo: phone }, "question");
  await addWith("self", { escalateAfterMs: 30_000 }, "question");
  const { id } = await submit();
  await tell(id, "question_asked", { question: 7, kind: "permission", tool: "Bash", text: "May it push?" });
  const due = () =>
    store.notifications
      .deliveries({ limit: 10 })
      .toReversed()
      .map(({ channelId, isEscalation, nextTryAt, content }) => [channelId, isEscalation, nextTryAt, content.title]);
  assert.deepEqual(due(), [
    [2, false, 5000, "Task 1 asks"],
    [1, true, 65_000, "Task 1 still waits for an answer"],
    [3, false, 5000, "Task 1 asks"],
    [3, true, 35_000, "Task 1 still waits for an answer"],
  ]);
  assert.deepEqual(store.notifications.deliveries({ limit: 1 })[0]?.content.question, { id: 7, kind: "permission", tool: "Bash" });
  await tell(id, "question_asked", { question: 8, kind: "question", tool: "AskUserQuestion", text: "Which?" });
  await tell(id, "question_answered", { question: 7 });
  assert.deepEqual(new Set(store.notifications.deliveries({ limit: 10 }).map(({ content }) => content.question?.id)), new Set([8]));
  await store.write(() => store.events.append(id, null, [ended("cancelled", "cancelled")]));
  assert.deepEqual(due(), []);
});

test("a question that was sent stays in the outbox when it is answered", async (t) => {
  const { store, submit, add, tell, rows } = setup(t);
  await add("phone", "question");
  const { id } = await submit();
  await tell(id, "question_asked", { question: 7, text: "May it push?" });
  await store.write(() => store.notifications.begin(1, [], 5000));
  await tell(id, "question_answered", { question: 7 });
  assert.deepEqual(rows(), ["1 question 1 1"]);
});

test("a digest gathers what happened until its time, also what is sent at once", async (t) => {
  const { store, submit, addWith } = setup(t);
  const now = Date.now();
  const channel = await addWith("mail", { digestAt: "07:30" }, "failed", "digest");
  const ids = [await submit(), await submit()].map(({ id }) => id);
  await store.write(() => {
    store.events.append(ids[0] ?? 0, null, [{ ...ended("completed", "succeeded"), at: now }]);
    store.events.append(ids[1] ?? 0, null, [{ ...ended("failed", "crashed"), at: now }]);
    store.holds.put({ kind: "manual", scope: "all", message: "m", until: null }, now);
  });
  const at = nextLocalTime("07:30", now);
  const { notifications } = store;
  assert.deepEqual(
    notifications.deliveries({ limit: 10 }).map(({ event, nextTryAt }) => [event, nextTryAt]),
    [
      ["digest", at],
      ["digest", at],
      ["failed", now],
      ["digest", at],
    ],
  );
  const first = notifications.deliveries({ limit: 10 }).at(-1);
  assert.ok(first !== undefined);
  assert.deepEqual(notifications.mergeable(first, at - 1, true), []);
  assert.deepEqual(notifications.mergeable(first, at, true), [3, 4]);
  await store.write(() => notifications.begin(first.id, [3, 4], at));
  assert.deepEqual(
    notifications.mergedInto(first.id).map(({ id, state }) => [id, state]),
    [
      [3, "merged"],
      [4, "merged"],
    ],
  );
  assert.deepEqual(notifications.dueChannels(at), [channel]);
});
