import assert from "node:assert/strict";
import { test } from "node:test";
import { countedIn } from "../../testing/steps.ts";
import { fastWorker, killEverything, storyOf } from "./setup.ts";

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
