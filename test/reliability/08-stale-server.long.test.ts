import assert from "node:assert/strict";
import { readdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { identityOf } from "../../src/processes/identity.ts";
import { countedIn, countedSteps } from "../../testing/steps.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";
import { fastWorker, noneLeft, runnerOf, storyOf } from "./setup.ts";

test("a stopped server that wakes after a takeover changes nothing and leaves", async (t) => {
  const w = await worker(t);
  w.model.play({ "count to five": countedSteps(path.join(w.place.work, "counted"), 5, 200) });
  const old = await w.start();
  const { id } = await w.submit("count to five", { allow: ["Bash"] });
  await w.until(id, () => countedIn(w.place.work, "counted").length >= 1);
  process.kill(old.pid, "SIGSTOP");
  const refused = await w.cli(["server", "start"]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, new RegExp(`process ${old.pid}`));
  await takeOver(w, old.pid);
  if ((await identityOf(old.pid)) !== null) process.kill(old.pid, "SIGCONT");
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.attempts, 1);
  assert.deepEqual(countedIn(w.place.work, "counted"), [1, 2, 3, 4, 5]);
  const { events } = await w.client.taskEvents({ id, after: 0, limit: 500 });
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, index) => index + 1),
  );
  assert.equal(events.filter(({ type }) => type === "ended").length, 1);
  assert.ok((await w.client.server()).epoch > old.epoch);
  await until("the end of the old server", async () => (await identityOf(old.pid)) === null);
});

test("a server that answers is not taken over", async (t) => {
  const w = await worker(t);
  const { epoch } = await w.start();
  const { code, stderr } = await w.cli(["server", "start", "--takeover"]);
  assert.equal(code, 1);
  assert.match(stderr, /server restart/);
  assert.equal((await w.client.server()).epoch, epoch);
});

test("timers that ran out while the server slept stop no working task", async (t) => {
  const w = await fastWorker(t);
  const old = await w.start();
  const { id } = await w.submit("steps 30 delay 300 append counted", { stall_timeout_ms: 2000 });
  await w.until(id, () => countedIn(w.place.work, "counted").length >= 2);
  process.kill(old.pid, "SIGSTOP");
  await until("steps for longer than the stall limit", () => countedIn(w.place.work, "counted").length >= 12);
  process.kill(old.pid, "SIGCONT");
  await w.until(id, () => countedIn(w.place.work, "counted").length >= 14);
  process.kill(old.pid, "SIGSTOP");
  await takeOver(w, old.pid);
  await until("steps for longer than the stall limit", () => countedIn(w.place.work, "counted").length >= 26);
  if ((await identityOf(old.pid)) !== null) process.kill(old.pid, "SIGCONT");
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["completed", 1], JSON.stringify(task.error));
  const events = await storyOf(w, id);
  assert.equal(events.filter(({ type }) => type === "tool_result").length, 30);
});

test("a draining server that wakes after a takeover interrupts nothing", async (t) => {
  const w = await fastWorker(t);
  const old = await w.start();
  const { id } = await w.submit("steps 60 delay 100 append counted");
  await w.until(id, () => countedIn(w.place.work, "counted").length >= 2);
  await w.client.stopServer({ mode: "drain", deadline_ms: 2000 });
  process.kill(old.pid, "SIGSTOP");
  await takeOver(w, old.pid);
  // Longer than its deadline: its timer comes before the signal that wakes it.
  await until("steps for longer than the deadline", () => countedIn(w.place.work, "counted").length >= 30);
  if ((await identityOf(old.pid)) !== null) process.kill(old.pid, "SIGCONT");
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["completed", 1], JSON.stringify(task.error));
  await until("the end of the old server", async () => (await identityOf(old.pid)) === null);
  assert.equal((await w.cli(["server", "health"])).code, 0);
});

test("a server whose lock was removed leaves, and its tasks continue with the next", async (t) => {
  for (const waits of [true, false]) {
    const w = await fastWorker(t);
    const old = await w.start();
    const { id } = await w.submit("steps 20 delay 100 append counted");
    await w.until(id, () => countedIn(w.place.work, "counted").length >= 2);
    const isGone = async (): Promise<boolean> => (await identityOf(old.pid)) === null;
    for (const name of readdirSync(old.home).filter((each) => each.startsWith("server.lock"))) rmSync(path.join(old.home, name));
    if (waits) await until("the end of the server without a lock", isGone);
    // A server that has not noticed yet still answers, and a start then says that it runs.
    const { pid } = await until("the next server", () => w.start().catch(() => null));
    await until("the end of the server without a lock", isGone);
    const task = await w.ended(id);
    assert.equal(task.status, "completed", JSON.stringify(task.error));
    assert.equal((await storyOf(w, id)).filter(({ type }) => type === "tool_result").length, 20);
    assert.equal((await w.client.server()).pid, pid);
  }
});

test("a server whose whole data directory somebody removed leaves with its tasks", async (t) => {
  const w = await fastWorker(t);
  const { pid, home } = await w.start();
  const { id } = await w.submit("steps 10000 delay 100");
  await runnerOf(w, id);
  await rm(home, { recursive: true, maxRetries: 10, retryDelay: 50 });
  await until("the end of the server", async () => (await identityOf(pid)) === null);
  await noneLeft(w);
});

test("a server whose database is removed still ends its tasks when it leaves", async (t) => {
  const w = await fastWorker(t);
  const { pid, home } = await w.start();
  const { id } = await w.submit("steps 10000 delay 20 append counted");
  await runnerOf(w, id);
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path.join(home, `tasks.db${suffix}`));
  await until("the server's word of it", async () => (await w.client.server()).problems.length > 0);
  const before = countedIn(w.place.work, "counted").length;
  await until("ten more steps", () => countedIn(w.place.work, "counted").length >= before + 10);
  await rm(home, { recursive: true, maxRetries: 10, retryDelay: 50 });
  await until("the end of the server", async () => (await identityOf(pid)) === null);
  await noneLeft(w);
});

/** As the refusals say: a server that was stopped in the middle of a write must be ended first. */
async function takeOver(w: TestWorker, pid: number): Promise<void> {
  const first = await w.cli(["server", "restart", "--takeover"]);
  if (first.code === 0) return;
  assert.match(first.stderr, new RegExp(`kill -9 ${pid}, then start again`));
  process.kill(pid, "SIGKILL");
  const second = await w.cli(["server", "start"]);
  assert.equal(second.code, 0, second.stderr);
}
