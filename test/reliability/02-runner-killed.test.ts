import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { identityOf, listDescendants } from "../../src/processes/identity.ts";
import { countedIn, countedSteps } from "../support/steps.ts";
import { worker } from "../support/worker.ts";
import type { TestWorker } from "../support/worker.ts";

const oneToFive = [1, 2, 3, 4, 5];

async function setup(t: TestContext): Promise<{ w: TestWorker; id: number; pid: number }> {
  const w = await worker(t);
  w.model.play({ "count to five": countedSteps(path.join(w.place.work, "counted"), 5, 150) });
  await w.start();
  const { id } = await w.submit("count to five", { allow: ["Bash"] });
  await w.until(id, () => countedIn(w.place.work, "counted").length >= 2);
  const [attempt] = await w.client.attempts(id);
  assert.ok(attempt?.pid != null);
  return { w, id, pid: attempt.pid };
}

async function assertResumed(w: TestWorker, id: number): Promise<void> {
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.result, "counted to 5");
  assert.equal(task.attempts, 2);
  const attempts = await w.client.attempts(id);
  assert.deepEqual(
    attempts.map(({ resumed }) => resumed),
    [false, true],
  );
  assert.equal(attempts[0]?.outcome?.kind, "crashed");
  assert.equal(attempts[0]?.session_id, attempts[1]?.session_id);
  const { events } = await w.client.eventPage(id, { after: 0, limit: 500 });
  assert.ok(events.some(({ type }) => type === "resumed"));
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, index) => index + 1),
  );
  const counted = countedIn(w.place.work, "counted");
  assert.deepEqual([...new Set(counted)], oneToFive, `steps: ${counted.join(" ")}`);
  assert.ok(counted.length <= 6, `only the step in flight may run twice: ${counted.join(" ")}`);
}

test("a killed runner's task goes on from the turn where it was cut", async (t) => {
  const { w, id, pid } = await setup(t);
  process.kill(pid, "SIGKILL");
  await assertResumed(w, id);
});

test("a killed Claude's task goes on from the turn where it was cut", async (t) => {
  const { w, id, pid } = await setup(t);
  for (const child of await listDescendants(pid)) process.kill(child.pid, "SIGKILL");
  await assertResumed(w, id);
});

test("when server, runner and Claude are killed, the next server resumes the task", async (t) => {
  const { w, id, pid } = await setup(t);
  const server = await w.client.server();
  const tree = await listDescendants(pid);
  for (const victim of [server.pid, pid, ...tree.map((child) => child.pid)]) process.kill(victim, "SIGKILL");
  await w.start();
  await assertResumed(w, id);
});

test("a killed server's tasks go on, and the next server knows the whole story", async (t) => {
  const { w, id, pid } = await setup(t);
  const runner = await identityOf(pid);
  process.kill((await w.client.server()).pid, "SIGKILL");
  await w.start();
  const task = await w.ended(id);
  assert.equal(task.status, "completed");
  assert.equal(task.attempts, 1, "the same attempt went on");
  assert.deepEqual(countedIn(w.place.work, "counted"), oneToFive);
  const { events } = await w.client.eventPage(id, { after: 0, limit: 500 });
  assert.equal(events.filter(({ type }) => type === "tool_use").length, 5);
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, index) => index + 1),
  );
  assert.notEqual(runner, null);
});
