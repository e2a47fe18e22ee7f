import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { pathsFrom } from "../../src/config/paths.ts";
import { countedIn, countedSteps } from "../../testing/steps.ts";
import { worker } from "../../testing/worker.ts";
import { fastWorker, killEverything, storyOf } from "./setup.ts";

test("when everything is killed, the next start resumes all of it within the limit", async (t) => {
  const w = await worker(t, {}, { env: { CLAUDE_WORKER_WORKERS: "2" } });
  const names = ["first", "second", "third"];
  w.model.play(Object.fromEntries(names.map((name) => [`count the ${name}`, countedSteps(path.join(w.place.work, name), 4, 150)])));
  await w.start();
  const tasks = await Promise.all(names.map((name) => w.submit(`count the ${name}`, { allow: ["Bash"] })));
  await w.until(1, () => names.filter((name) => countedIn(w.place.work, name).length >= 2).length >= 2);
  await killEverything(w);
  const server = await w.start();
  assert.ok(server.workers.running <= 2);
  for (const [index, { id }] of tasks.entries()) {
    const task = await w.ended(id);
    assert.equal(task.status, "completed", JSON.stringify(task.error));
    const counted = countedIn(w.place.work, String(names[index]));
    assert.deepEqual([...new Set(counted)], [1, 2, 3, 4]);
    assert.ok(counted.length <= 5, `only the step in flight may run twice: ${counted.join(" ")}`);
    await storyOf(w, id);
  }
});

test("what ran before another boot is resumed, and its story says so", async (t) => {
  const w = await fastWorker(t, { CLAUDE_WORKER_WORKERS: "2" });
  await w.start();
  const tasks = await Promise.all(["a", "b", "c"].map((name) => w.submit(`steps 60 delay 50 append ${name}`)));
  await w.until(1, () => ["a", "b"].every((name) => countedIn(w.place.work, name).length >= 3));
  await killEverything(w);
  anotherBoot(pathsFrom(w.env).database);
  await w.start();
  const ended = await Promise.all(tasks.map(({ id }) => w.ended(id)));
  assert.deepEqual(
    ended.map(({ status }) => status),
    ["completed", "completed", "completed"],
  );
  const outcomes = (await Promise.all(tasks.map(({ id }) => w.client.listAttempts({ id }).then((answer) => answer.attempts)))).map(
    ([first]) => String(first?.outcome?.kind),
  );
  assert.deepEqual(outcomes.toSorted(), ["lost", "lost", "succeeded"]);
  for (const name of ["a", "b", "c"]) {
    assert.deepEqual(
      [...new Set(countedIn(w.place.work, name))],
      Array.from({ length: 60 }, (_, index) => index + 1),
    );
  }
});

test("five power cuts in a row lose no task while steps get done in between", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("steps 200 delay 20 append counted");
  const done = (): number => new Set(countedIn(w.place.work, "counted")).size;
  for (let cut = 1; cut <= 5; cut += 1) {
    // Of this very attempt: the cut before may have been late, and have let more steps pass than it
    // waited for.
    const before = done();
    await w.until(id, ({ attempts }) => attempts === cut && done() >= before + 3);
    await killEverything(w);
    await w.start();
  }
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["completed", 6]);
  const counted = countedIn(w.place.work, "counted");
  assert.equal(new Set(counted).size, 200);
  assert.ok(counted.length <= 200 + 5, "at most the step in flight runs twice, once for each cut");
  await storyOf(w, id);
});

/** As if the machine had started anew: everything that ran belongs to a boot that is over. */
function anotherBoot(file: string): void {
  const database = new Database(file);
  const { changes } = database.prepare("UPDATE attempts SET boot_id = 'the boot before' WHERE ended_at IS NULL").run();
  database.close();
  assert.equal(changes, 2);
}
