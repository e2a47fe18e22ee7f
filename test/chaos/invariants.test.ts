import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { markerName } from "../../src/processes/sweep.ts";
import { until } from "../../testing/wait.ts";
import { addChannels, untilSent } from "./channels.ts";
import { inspect } from "./invariants.ts";
import { emptyLedger } from "./ledger.ts";
import { observe } from "./observer.ts";
import { noOrder } from "./plan-order.ts";
import { World } from "./world.ts";
import { localTask } from "../../testing/local-task.ts";

test("the checks of a chaos round see an orphan and a step of a second runner", async (t) => {
  const world = await World.create({ real: false, workers: 2 });
  world.warm = 1;
  await world.ensureServer();
  await addChannels(world);
  const file = path.join(world.place.work, "steps");
  const prompt = `steps 2 append ${file} signed`;
  const { id } = localTask(await world.client.submitTask({ prompt, name: "one", working_directory: world.place.work }));
  await until("its end", async () => (await world.client.getTask({ id })).ended_at);
  const observer = observe(world.paths.database);
  t.after(async () => {
    observer.close();
    await world.stop();
    await world.remove();
  });
  const planned = {
    afterMs: 0,
    steps: 2,
    stepMs: 0,
    background: false,
    worktree: false,
    limitSeconds: null,
    cancelAfterMs: null,
    talk: null,
    order: noOrder,
  };
  const task = { id, name: "one", planned, file, first: 1, forkOf: null, notBefore: null, cancelled: false, said: [] };
  const acknowledged = { ...emptyLedger(), tasks: [task] };
  await untilSent(world);
  const { found } = await inspect(world, observer, acknowledged);
  assert.deepEqual(found, { lost: [], duplicated: [], orphans: [], broken: [] });

  const [runner = ""] = observer.usedRunners();
  const left = spawn("sleep", ["60"], { env: { ...process.env, [markerName]: runner } });
  t.after(() => left.kill());
  appendFileSync(file, `3 another\n`);
  const after = (await inspect(world, observer, acknowledged, 200)).found;
  assert.match(after.orphans.join(), new RegExp(`processes of ended attempts: ${runner};`));
  assert.match(after.duplicated.join(), /ran twice at once/);
  assert.match(after.broken.join(), /from a runner that has no attempt/);
});
