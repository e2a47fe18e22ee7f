import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { localId } from "../../testing/local-task.ts";
import { until } from "../../testing/wait.ts";
import { emptyLedger } from "./ledger.ts";
import { checkOrder } from "./check-order.ts";
import { observe } from "./observer.ts";
import { setGroups } from "./order.ts";
import { randomFrom } from "./plan.ts";
import { randomGraph, wrongEnds } from "./random-graph.ts";
import { snapshot } from "./snapshot.ts";
import type { Findings } from "./snapshot.ts";
import { World } from "./world.ts";

const size = Number(process.env["GRAPH_SIZE"] ?? 1000);
const kills = 4;

test("a batch of a thousand tasks ends with each rule kept, over kills of the server", async (t) => {
  const graph = randomGraph(randomFrom(11), size);
  const world = await World.create({ real: false, workers: 8 });
  await world.ensureServer();
  const observer = observe(world.paths.database);
  t.after(async () => {
    observer.close();
    await world.stop();
    await world.remove();
  });
  // Without a repository there are no snapshots, which are not what is tried.
  const working_directory = path.join(world.place.directory, "plain");
  mkdirSync(working_directory);
  await world.client.addTrust({ directory: working_directory });
  await setGroups(world);
  const { tasks } = await world.client.submitTasks({
    tasks: graph.map(({ needs, group, locks, fails }, place) => ({
      name: `place ${place}`,
      prompt: `steps 1${fails ? " fail" : ""}`,
      working_directory,
      group,
      locks: [...locks],
      depends_on: needs.map(({ place: other, on }) => ({ task: `place ${other}`, on })),
    })),
  });
  const ids = tasks.map((task) => localId(task));
  for (let kill = 1; kill <= kills; kill += 1) {
    await until(`end ${kill} of ${kills + 1} parts`, () => observer.unfinished() < size * (1 - kill / (kills + 1)), 3_600_000);
    const pid = world.serverPid;
    if (pid === null) continue;
    world.expectDeath(pid);
    process.kill(pid, "SIGKILL");
    await world.gone(pid);
    await world.ensureServer();
  }
  await until("the end of all tasks", () => observer.unfinished() === 0, 3_600_000);
  assert.deepEqual(
    wrongEnds(
      graph,
      ids.map((id) => observer.statusOf(id)),
    ),
    [],
  );
  const rows = snapshot(world.place.directory, observer);
  const found: Findings = { lost: [], duplicated: [], orphans: [], broken: [...world.deaths, ...rows.damage] };
  checkOrder(world, emptyLedger(), rows, found);
  assert.deepEqual(found, { lost: [], duplicated: [], orphans: [], broken: [] });
  // A server that is killed between a claim and its runner leaves an attempt that never began.
  const worked = rows.attempts
    .filter(({ outcome }) => /"kind":"(succeeded|agent_failed)"/.test(outcome ?? ""))
    .map(({ task_id }) => task_id);
  const ended = rows.tasks.filter(({ status }) => status === "completed" || status === "failed").map(({ id }) => id);
  assert.deepEqual(
    worked.toSorted((a, b) => a - b),
    ended,
    "each task did its work once",
  );
  t.diagnostic(`${ended.length} of ${size} tasks ran, in ${rows.attempts.length} attempts`);
});
