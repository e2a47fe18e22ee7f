import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { NewEvent } from "../../../src/domain/events/event.ts";
import type { NotificationEvent } from "../../../src/domain/notifications/notification.ts";
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
    const channel = { name, kind: "webhook", target: { url: "https://a.example/" }, events, allowPrivate: false, createdAt: 1 } as const;
    return (await store.write(() => store.notifications.addChannel(channel, "s")))?.id ?? 0;
  };
  const rows = (): string[] =>
    store.notifications
      .deliveries({ limit: 100 })
      .map(({ channelId, event, taskId, occurrence }) => `${channelId} ${event} ${String(taskId)} ${occurrence}`)
      .toReversed();
  return { ...s, add, rows };
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
  assert.equal((await store.write(() => notifications.begin(id)))?.tries, 1);
  await store.write(() => notifications.failed(id, { error: "500", nextTryAt: 9000, now: 5000 }));
  assert.deepEqual([notifications.due(channel, 8999), notifications.due(channel, 9000)?.lastError], [null, "500"]);
  await store.write(() => notifications.failed(id, { error: "gone", nextTryAt: null, now: 9000 }));
  assert.deepEqual(notifications.counts(), [{ channelId: channel, pending: 0, dead: 1 }]);
  assert.equal(await store.write(() => notifications.begin(id)), null);
  const again = await store.write(() => notifications.replay(id, 10_000));
  assert.deepEqual([again?.state, again?.tries, again?.nextTryAt], ["pending", 0, 10_000]);
  assert.equal(await store.write(() => notifications.delivered(id, 11_000)), true);
  assert.equal(await store.write(() => notifications.delivered(id, 12_000)), false);
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
