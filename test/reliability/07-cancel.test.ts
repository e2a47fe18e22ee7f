import assert from "node:assert/strict";
import { test } from "node:test";
import { countedIn } from "../../testing/steps.ts";
import { fastWorker, killAndWait, killEverything, killServer, noneLeft, runnerOf, storyOf } from "./setup.ts";
import type { FastWorker } from "./setup.ts";

async function assertCancelled(w: FastWorker, id: number): Promise<void> {
  const task = await w.ended(id);
  assert.equal(task.status, "cancelled", JSON.stringify(task));
  await storyOf(w, id);
  await w.cli(["server", "restart"]);
  assert.equal((await w.client.getTask({ id })).status, "cancelled", "also after a restart");
}

test("a cancel that the killed server had stored is kept by the next server", async (t) => {
  const w = await fastWorker(t);
  const { pid } = await w.start();
  const { id } = await w.submit("steps 1000 delay 50");
  await runnerOf(w, id);
  await w.client.cancelTask({ id });
  process.kill(pid, "SIGKILL");
  await w.start();
  await assertCancelled(w, id);
  await noneLeft(w);
});

test("a task whose runner dies while it is being cancelled is not resumed", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("steps 1000 delay 50");
  const pid = await runnerOf(w, id);
  await Promise.all([w.client.cancelTask({ id }), killAndWait(pid)]);
  await assertCancelled(w, id);
});

test("a task whose cancel was acknowledged ends as cancelled", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  for (let round = 0; round < 10; round += 1) {
    const { id } = await w.submit("steps 1 delay 1");
    await w.until(id, ({ status }) => status !== "pending");
    const told = await w.client.cancelTask({ id }).then(
      () => "cancelled",
      () => "completed",
    );
    assert.equal((await w.ended(id)).status, told);
    await storyOf(w, id);
  }
});

test("a cancel that no server could act on is kept by the adopting server", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("steps 1000 delay 50");
  await runnerOf(w, id);
  await killServer(w);
  w.trap("attempt.adopt.after");
  await w.cli(["server", "start"]);
  await w.felled("attempt.adopt.after");
  await w.start();
  await w.client.cancelTask({ id });
  await assertCancelled(w, id);
});

test("no task that was cancelled comes back after a power cut", async (t) => {
  const w = await fastWorker(t, { CLAUDE_WORKER_WORKERS: "1" });
  await w.start();
  const running = await w.submit("steps 1000 delay 50 append counted");
  await runnerOf(w, running.id);
  const waiting = await w.submit("steps 3 append counted");
  await Promise.all([w.client.cancelTask({ id: running.id }), w.client.cancelTask({ id: waiting.id })]);
  await killEverything(w);
  const before = countedIn(w.place.work, "counted").length;
  await w.start();
  await assertCancelled(w, running.id);
  await assertCancelled(w, waiting.id);
  assert.equal(countedIn(w.place.work, "counted").length, before, "nothing ran again");
});

for (const place of ["finalise.before", "finalise.after", "store.commit.before"] as const) {
  test(`a server killed at ${place} while it cancels cancels once in the end`, async (t) => {
    const w = await fastWorker(t);
    await w.start();
    const { id } = await w.submit("steps 1000 delay 50");
    await runnerOf(w, id);
    // Before the cancel: behind it the attempt may end at any moment. Its answer may never come
    // then.
    w.trap(place);
    await w.client.cancelTask({ id }).catch(() => null);
    await w.felled(place);
    await w.start();
    await w.client.cancelTask({ id }).catch(() => null);
    await assertCancelled(w, id);
  });
}
