import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test } from "node:test";
import { fastWorker } from "../reliability/setup.ts";
import { until } from "../../testing/wait.ts";

test("a schedule submits its task when it is due, and says where it could not", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const gone = w.place.workdir("gone");
  const at = new Date(Date.now() + 12_000).toISOString();
  for (const [name, dir] of [
    ["works", w.place.work],
    ["broken", gone],
  ] as const) {
    const added = await w.cli(["schedule", "add", name, "--at", at, "-d", dir, "--", "ok", "--label", "night=yes"]);
    assert.equal(added.code, 0, added.stderr);
    assert.match(added.stdout, new RegExp(`^Schedule ${name} is added: at .*Its next runs:`));
  }
  rmSync(gone, { recursive: true });
  const rowOf = async (schedule: string) =>
    await until(`a row of ${schedule}`, async () => (await w.client.listScheduleRuns({ schedule })).runs[0]);
  const row = await rowOf("works");
  const ended = await w.ended(row.task ?? 0);
  assert.deepEqual([ended.status, ended.labels, ended.schedule?.name], ["completed", { night: "yes" }, "works"]);
  const failed = await rowOf("broken");
  assert.deepEqual([failed.state, failed.task], ["failed", null]);
  assert.match((await w.cli(["schedule", "runs", "broken"])).stdout, /\tfailed\t\t\tinvalid_input\t.*gone does not exist\./);
});
