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

/** As if the machine had started anew: everything that ran belongs to a boot that is over. */
function anotherBoot(file: string): void {
  const database = new Database(file);
  const { changes } = database.prepare("UPDATE attempts SET boot_id = 'the boot before' WHERE ended_at IS NULL").run();
  database.close();
  assert.equal(changes, 2);
}
