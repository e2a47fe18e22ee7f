/** Notifications over kills of the server at each of their points. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { receiver } from "../../testing/receiver.ts";
import type { Received } from "../../testing/receiver.ts";
import { until } from "../../testing/wait.ts";
import { fastWorker, killServer } from "./setup.ts";

async function setup(t: TestContext) {
  const w = await fastWorker(t);
  const hook = await receiver(t);
  await w.start();
  const added = await w.cli(["notify", "add", "ops", "--webhook", hook.url, "--allow-private", "--on", "completed,failed"]);
  assert.equal(added.code, 0, added.stderr);
  const secret = added.stdout.trim();
  const states = async (): Promise<string[]> => (await w.client.listDeliveries()).deliveries.map(({ state, tries }) => `${state} ${tries}`);
  const delivered = (): Promise<boolean> =>
    until("a delivery", async () => (await states()).every((state) => state.startsWith("delivered")));
  return { ...w, hook, secret, states, delivered };
}

const idsOf = (received: readonly Received[]): unknown[] => received.map(({ headers }) => headers["webhook-id"]);

test("a server killed in the commit of a task's end reports the end once", async (t) => {
  const w = await setup(t);
  w.trap("finalise.before");
  const { id } = await w.submit("steps 1");
  await w.felled("finalise.before");
  assert.equal(w.hook.received.length, 0);
  await w.start();
  await w.ended(id);
  await until("the message", () => w.hook.received.length > 0);
  await w.delivered();
  assert.equal(w.hook.verify(w.hook.received[0] ?? assert.fail(), w.secret)["type"], "task.completed");
  assert.equal(w.hook.received.length, 1);
});

test("a server killed before a message is sent sends it after its restart, once", async (t) => {
  const w = await setup(t);
  w.trap("notification.send.before");
  await w.submit("steps 1");
  await w.felled("notification.send.before");
  assert.equal(w.hook.received.length, 0);
  await w.start();
  await until("the message", () => w.hook.received.length > 0);
  await w.delivered();
  assert.deepEqual(await w.states(), ["delivered 2"]);
  assert.equal(w.hook.received.length, 1);
});

test("a message sent just before a kill comes again under the same id", async (t) => {
  const w = await setup(t);
  w.trap("notification.send.after");
  await w.submit("steps 1");
  await w.felled("notification.send.after");
  assert.equal(w.hook.received.length, 1);
  await w.start();
  await until("the message again", () => w.hook.received.length === 2);
  await w.delivered();
  assert.equal(new Set(idsOf(w.hook.received)).size, 1);
  assert.equal(new Set(w.hook.received.map(({ text }) => text)).size, 1);
});

test("restarts and idle time send nothing", async (t) => {
  const w = await setup(t);
  const { id } = await w.submit("steps 1");
  await w.ended(id);
  await until("the message", () => w.hook.received.length === 1);
  await w.delivered();
  await killServer(w);
  await w.start();
  await w.cli(["server", "restart"]);
  const other = await w.submit("steps 1");
  await w.ended(other.id);
  await until("the second message", () => w.hook.received.length === 2);
  await w.delivered();
  assert.equal(new Set(idsOf(w.hook.received)).size, 2);
});
