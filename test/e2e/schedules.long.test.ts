/** Kills on both sides of the commit that uses a due time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fastWorker } from "../reliability/setup.ts";
import { until } from "../../testing/wait.ts";

test("a due time has one task over kills on both sides of its commit", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  for (const place of ["store.commit.before", "store.commit.after"] as const) {
    const schedule = place.replaceAll(".", "-");
    const at = new Date(Date.now() + 4_000).toISOString();
    const added = await w.cli(["schedule", "add", schedule, "--at", at, "-d", w.place.work, "--", "ok"]);
    assert.equal(added.code, 0, added.stderr);
    w.trap(place);
    await w.felled(place);
    // Any call starts the server again; what was due is acted on, if it was not.
    const [row] = await until("the row of the due time", async () => {
      await w.cli(["schedule", "list"]);
      const { runs } = await w.client.listScheduleRuns({ schedule });
      return runs.length > 0 && runs;
    });
    assert.equal(row?.state, "submitted");
    const ended = await w.ended(row?.task ?? 0);
    assert.deepEqual([ended.status, ended.schedule?.name], ["completed", schedule]);
    assert.equal((await w.client.listScheduleRuns({ schedule })).runs.length, 1);
  }
  assert.equal((await w.client.listTasks()).tasks.length, 2);
});
