import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { pathsFrom } from "../../src/config/paths.ts";
import { identityOf } from "../../src/processes/identity.ts";
import { countedIn, countedSteps } from "../../testing/steps.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import { fastWorker, killAndWait, killServer, runnerOf, storyOf } from "./setup.ts";
import { localId } from "../../testing/local-task.ts";

test("a killed server's tasks continue, and the next server has their stories", async (t) => {
  const w = await worker(t);
  w.model.play({ "count to five": countedSteps(path.join(w.place.work, "counted"), 5, 150) });
  await w.start();
  const { id } = await w.submit("count to five", { allow: ["Bash"] });
  await w.until(id, () => countedIn(w.place.work, "counted").length >= 2);
  await killServer(w);
  await w.start();
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.equal(task.attempts, 1, "the same attempt went on");
  assert.deepEqual(countedIn(w.place.work, "counted"), [1, 2, 3, 4, 5]);
  const events = await storyOf(w, id);
  assert.equal(events.filter(({ type }) => type === "tool_use").length, 5);
  assert.equal(events.filter(({ type }) => type === "tool_result").length, 5);
});

test("a task that ended while no server ran is finalised by the next one", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const tasks = await Promise.all([w.submit("steps 3 delay 100"), w.submit("steps 2 delay 100 fail"), w.submit("steps 20 delay 100")]);
  const pids = await Promise.all(tasks.map(({ id }) => runnerOf(w, id)));
  await killServer(w);
  for (const pid of pids) await until(`the end of runner ${pid}`, async () => (await identityOf(pid)) === null);
  await w.start();
  const ended = await Promise.all(tasks.map(({ id }) => w.ended(id)));
  assert.deepEqual(
    ended.map(({ status, attempts }) => [status, attempts]),
    [
      ["completed", 1],
      ["failed", 1],
      ["completed", 1],
    ],
  );
  for (const [index, { id }] of tasks.entries()) {
    const results = (await storyOf(w, id)).filter(({ type }) => type === "tool_result");
    assert.equal(results.length, [3, 2, 20][index]);
  }
});

for (const place of [
  "store.commit.before",
  "store.commit.after",
  "runner.spawn.before",
  "runner.spawn.after",
  "attempt.start.before",
] as const) {
  test(`a server killed at ${place} loses nothing that it acknowledged`, async (t) => {
    const w = await fastWorker(t);
    await w.start();
    const first = await w.submit("steps 2 delay 10 append counted");
    await w.ended(first.id);
    w.trap(place);
    // The one whose answer never came may or may not be there; the first one must.
    await w.submit("steps 2 delay 10 append counted").catch(() => null);
    await w.felled(place);
    await w.start();
    const { tasks } = await w.client.listTasks();
    assert.ok(tasks.some(({ id }) => id === first.id));
    for (const id of tasks.map(localId)) {
      assert.equal((await w.ended(id)).status, "completed");
      await storyOf(w, id);
    }
    const expected = tasks.flatMap(() => [1, 2]);
    assert.deepEqual(countedIn(w.place.work, "counted"), expected);
  });
}

test("run makes one task although up to five servers that it starts are killed", async (t) => {
  const w = await fastWorker(t);
  const note = `${pathsFrom(w.env).serverLock}.json`;
  let isOver = false;
  const run = w.cli(["run", "steps 1 append done"]).finally(() => (isOver = true));
  const killed = new Set<number>();
  while (killed.size < 5) {
    // A slow test may come too late: then the task was submitted before the next kill.
    const pid = await until("a server that starts", () => isOver || newPid(note, killed));
    if (pid === true) break;
    killed.add(pid);
    await killAndWait(pid).catch(() => undefined);
  }
  const { code, stdout, stderr } = await run;
  assert.deepEqual([code, stdout], [0, "1\n"], stderr);
  assert.ok(killed.size > 0);
  assert.equal((await w.cli(["run", "steps 1"])).stdout, "2\n", "one task came of it");
  assert.equal((await w.ended(1)).status, "completed");
});

/**
 * The process that the lock's note names, unless it was killed already; null while there is no
 * whole note.
 */
function newPid(file: string, killed: ReadonlySet<number>): number | null {
  try {
    const { pid } = JSON.parse(readFileSync(file, "utf8")) as { pid: number };
    return killed.has(pid) ? null : pid;
  } catch {
    return null;
  }
}
