import assert from "node:assert/strict";
import { test } from "node:test";
import { identityOf, isAlive } from "../../src/processes/identity.ts";
import { countedIn } from "../../testing/steps.ts";
import { fastWorker, killAndWait, noneLeft, runnerOf, storyOf } from "./setup.ts";
import type { FastWorker } from "./setup.ts";

test("server stop leaves running tasks alone, and the next server knows their ends", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("steps 20 delay 50 append counted");
  await runnerOf(w, id);
  assert.equal((await w.cli(["server", "stop"])).code, 0);
  await w.start();
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["completed", 1]);
  assert.equal(countedIn(w.place.work, "counted").length, 20);
  await storyOf(w, id);
});

test("server stop --drain waits for what runs and starts nothing more", async (t) => {
  const w = await fastWorker(t, { CLAUDE_WORKER_WORKERS: "1" });
  await w.start();
  const running = await w.submit("steps 20 delay 50");
  await runnerOf(w, running.id);
  const waiting = await w.submit("steps 1");
  const { code, stderr } = await w.cli(["server", "stop", "--drain"]);
  assert.equal(code, 0, stderr);
  await noneLeft(w);
  await w.cli(["server", "start"], { env: { CLAUDE_WORKER_WORKERS: "1" } });
  assert.deepEqual([(await w.ended(running.id)).attempts, (await w.ended(waiting.id)).attempts], [1, 1]);
  const first = (await w.client.listAttempts({ id: running.id })).attempts;
  const second = (await w.client.listAttempts({ id: waiting.id })).attempts;
  assert.ok(String(first[0]?.ended_at) <= String(second[0]?.started_at));
});

test("server stop --drain interrupts at its deadline, and the next start resumes", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("steps 60 delay 100 append counted");
  await w.until(id, () => countedIn(w.place.work, "counted").length >= 2);
  const { code, stderr } = await w.cli(["server", "stop", "--drain", "--deadline", "1s"]);
  assert.equal(code, 0, stderr);
  await noneLeft(w);
  await w.start();
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["completed", 2]);
  const [first] = (await w.client.listAttempts({ id })).attempts;
  assert.equal(first?.outcome?.kind, "interrupted");
  assert.equal(new Set(countedIn(w.place.work, "counted")).size, 60);
  assert.ok(countedIn(w.place.work, "counted").length <= 61);
  assert.ok((await storyOf(w, id)).some(({ type }) => type === "resumed"));
});

test("server stop --now interrupts and keeps what runs, and spends no retry", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const tasks = await Promise.all(["a", "b"].map((name) => w.submit(`steps 90 delay 50 append ${name}`)));
  await w.until(1, () => ["a", "b"].every((name) => countedIn(w.place.work, name).length >= 2));
  assert.equal((await w.cli(["server", "stop", "--now"])).code, 0);
  await noneLeft(w);
  const before = countedIn(w.place.work, "a").length;
  await w.start();
  for (const { id } of tasks) {
    const task = await w.ended(id);
    assert.deepEqual([task.status, task.attempts], ["completed", 2]);
  }
  const counted = countedIn(w.place.work, "a");
  assert.ok(counted.length >= before && counted.length <= 91);
  assert.equal(new Set(counted).size, 90);
});

test("a server killed during server stop --now has lost no task", async (t) => {
  const w = await fastWorker(t);
  const { pid } = await w.start();
  const { id } = await w.submit("steps 30 delay 50 append counted");
  await w.until(id, () => countedIn(w.place.work, "counted").length >= 2);
  await w.client.stopServer({ mode: "now" });
  await killAndWait(pid).catch(() => null);
  await w.start();
  const task = await w.ended(id);
  assert.equal(task.status, "completed");
  assert.equal(new Set(countedIn(w.place.work, "counted")).size, 30);
  await storyOf(w, id);
});

test("server stop --now ends a waiting drain, and its task resumes later", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("steps 300 delay 100 append counted");
  await w.until(id, () => countedIn(w.place.work, "counted").length >= 2);
  await w.client.stopServer({ mode: "drain" });
  assert.equal((await w.cli(["server", "stop", "--now"])).code, 0);
  assert.ok(countedIn(w.place.work, "counted").length < 300, "it did not wait for the task's end");
  await noneLeft(w);
  await w.start();
  await w.until(id, ({ attempts, status }) => attempts === 2 && status === "running");
  const [first] = (await w.client.listAttempts({ id })).attempts;
  assert.equal(first?.outcome?.kind, "interrupted");
  await w.client.cancelTask({ id });
});

for (const [what, stop] of [
  ["a plain server stop", (w: FastWorker) => w.cli(["server", "stop"])],
  ["SIGTERM", async (w: FastWorker) => killAndWait((await w.client.server()).pid, "SIGTERM")],
] as const)
  test(`${what} ends the wait of a drain, and the running task continues`, async (t) => {
    const w = await fastWorker(t);
    const { pid } = await w.start();
    const { id } = await w.submit("steps 60 delay 100 append counted");
    const runner = await identityOf(await runnerOf(w, id));
    await w.client.stopServer({ mode: "drain" });
    await stop(w);
    assert.ok(runner !== null && (await isAlive(runner)), "its runner goes on");
    assert.equal(await identityOf(pid), null);
    await w.start();
    const task = await w.ended(id);
    assert.deepEqual([task.status, task.attempts], ["completed", 1]);
  });

test("a weaker server stop changes nothing about a stronger one", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("steps 60 delay 100 append counted");
  await w.until(id, () => countedIn(w.place.work, "counted").length >= 2);
  await w.client.stopServer({ mode: "now" });
  await w.client.stopServer({ mode: "drain" }).catch(() => null); // It may be gone already.
  await w.cli(["server", "stop"]);
  await noneLeft(w);
});
