import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { killIfSame, listDescendants } from "../../src/processes/identity.ts";
import { countedIn, countedSteps } from "../../testing/steps.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";
import { fastWorker, killAndWait, runnerOf, storyOf } from "./setup.ts";

const oneToFive = [1, 2, 3, 4, 5];

/** A task whose third step waits for `go`, so that the kill always comes in its middle. */
async function setup(t: TestContext): Promise<{ w: TestWorker; id: number; pid: number; go: () => void }> {
  const w = await worker(t);
  const gate = path.join(w.place.work, "go");
  w.model.play({ "count to five": countedSteps(path.join(w.place.work, "counted"), 5, 50, gate) });
  await w.start();
  const { id } = await w.submit("count to five", { allow: ["Bash"] });
  await w.until(id, () => countedIn(w.place.work, "counted").length >= 2);
  const [attempt] = (await w.client.listAttempts({ id })).attempts;
  assert.ok(attempt?.pid != null);
  return { w, id, pid: attempt.pid, go: () => writeFileSync(gate, "") };
}

async function assertResumed(w: TestWorker, id: number): Promise<void> {
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.result, "counted to 5");
  assert.equal(task.attempts, 2);
  const attempts = (await w.client.listAttempts({ id })).attempts;
  assert.deepEqual(
    attempts.map(({ resumed }) => resumed),
    [false, true],
  );
  assert.equal(attempts[0]?.outcome?.kind, "crashed");
  assert.equal(attempts[0]?.session_id, attempts[1]?.session_id);
  const { events } = await w.client.taskEvents({ id, after: 0, limit: 500 });
  assert.ok(events.some(({ type }) => type === "resumed"));
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, index) => index + 1),
  );
  const counted = countedIn(w.place.work, "counted");
  assert.deepEqual([...new Set(counted)], oneToFive, `steps: ${counted.join(" ")}`);
  assert.ok(counted.length <= 6, `only the step in flight may run twice: ${counted.join(" ")}`);
}

test("a killed runner's task continues from the turn where it was cut", async (t) => {
  const { w, id, pid, go } = await setup(t);
  await killAndWait(pid);
  go();
  await assertResumed(w, id);
});

test("a killed Claude's task continues from the turn where it was cut", async (t) => {
  const { w, id, pid, go } = await setup(t);
  // A tool may end by itself once its Claude is killed.
  for (const child of await listDescendants(pid)) await killIfSame(child, "SIGKILL");
  go();
  await assertResumed(w, id);
});

test("a runner killed at any of its own places costs no step and repeats none", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  for (const place of [
    "attempt.started",
    "journal.write.before",
    "journal.write.after",
    "attempt.end.before",
    "attempt.end.after",
  ] as const) {
    w.trap(place);
    const { id } = await w.submit(`steps 4 delay 10 append ${place}`);
    await w.felled(place);
    const task = await w.ended(id);
    assert.equal(task.status, "completed", `${place}: ${JSON.stringify(task.error)}`);
    assert.deepEqual(countedIn(w.place.work, place), [1, 2, 3, 4], place);
    await storyOf(w, id);
  }
});

test("a task that kills its runner before each step is given up after five attempts", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("exit");
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["failed", 5]);
  assert.match(String(task.error?.message), /Given up: 5 attempts in a row died without a new step/);
});

test("deaths of runners with finished steps between them do not add up", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("steps 100 delay 30 append counted");
  const done = (): number => new Set(countedIn(w.place.work, "counted")).size;
  for (let death = 1; death <= 6; death += 1) {
    const pid = await runnerOf(w, id);
    const before = done();
    await w.until(id, () => done() >= before + 2);
    await killAndWait(pid);
    await w.until(id, ({ attempts }) => attempts > death);
  }
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["completed", 7]);
  assert.deepEqual(
    [...new Set(countedIn(w.place.work, "counted"))],
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
});
