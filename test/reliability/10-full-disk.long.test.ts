import assert from "node:assert/strict";
import { rmSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { countedIn } from "../../testing/steps.ts";
import { until } from "../../testing/wait.ts";
import { fastWorker, killServer, runnerOf, storyOf } from "./setup.ts";
import type { FastWorker } from "./setup.ts";
import { fill, fillTheRest, leave, mountSmall, unmount } from "./small-disk.ts";

test("a full disk refuses submits and lets running tasks continue", async (t) => {
  const w = await fastWorker(t);
  if (!mountSmall(w)) return t.skip("a small file system cannot be mounted here");
  try {
    await fillAndFree(w);
  } finally {
    await unmount(w);
  }
});

for (const restarted of [false, true]) {
  const when = restarted ? "that a server was started on" : "";
  test(`a cancel on a full disk ${when} stops the task, which ends cancelled later`, async (t) => {
    const w = await fastWorker(t, { CLAUDE_WORKER_STOP_GRACE_MS: "1000" });
    if (!mountSmall(w)) return t.skip("a small file system cannot be mounted here");
    try {
      await cancelOnFull(w, restarted);
    } finally {
      await unmount(w);
    }
  });
}

for (const how of ["killed", "stopped"] as const) {
  test(`a server started on a full disk after the last one was ${how} recovers by itself`, async (t) => {
    const w = await fastWorker(t);
    if (!mountSmall(w)) return t.skip("a small file system cannot be mounted here");
    try {
      await startOnFull(w, how);
    } finally {
      await unmount(w);
    }
  });
}

test("a first start on a full disk fails with storage_full and a restartable exit code", async (t) => {
  const w = await fastWorker(t);
  if (!mountSmall(w)) return t.skip("a small file system cannot be mounted here");
  try {
    const ballast = path.join(w.place.dataHome, "ballast");
    fill(ballast, 1);
    const { code, stdout } = await w.cli(["server", "start", "--json"]);
    assert.deepEqual([code, (JSON.parse(stdout) as { error: { code: string } }).error.code], [1, "storage_full"], stdout);
    const foreground = await w.cli(["server", "start", "--foreground"]);
    assert.equal(foreground.code, 1);
    assert.match(foreground.stderr, /is full/);
    rmSync(ballast);
    await w.start();
    assert.equal((await w.ended((await w.submit("steps 1")).id)).status, "completed");
  } finally {
    await unmount(w);
  }
});

test("a server started on a nearly full disk reads, and recovers by itself", async (t) => {
  const w = await fastWorker(t);
  if (!mountSmall(w)) return t.skip("a small file system cannot be mounted here");
  try {
    await w.start();
    // A start writes little, and which write is the first without room depends on the kilobyte.
    for (const freeKb of [44, 40, 32, 16]) await startOnNearlyFull(w, freeKb);
  } finally {
    await unmount(w);
  }
});

test("a first start on a nearly full disk says what to do and breaks nothing", async (t) => {
  const w = await fastWorker(t);
  if (!mountSmall(w)) return t.skip("a small file system cannot be mounted here");
  try {
    const ballast = path.join(w.place.dataHome, "ballast");
    for (const freeKb of [150, 44, 12]) {
      leave(ballast, freeKb);
      const { code, stderr } = await w.cli(["server", "start"]);
      assert.equal(code, 1, `${freeKb} KB`);
      assert.match(stderr.replaceAll(/\s+/g, " "), /is full.*Free some space\. Then start the server: claude-worker server start/);
      assert.doesNotMatch(stderr, /by itself\.\s*Then/);
    }
    rmSync(ballast);
    await w.start();
    assert.equal((await w.ended((await w.submit("steps 1")).id)).status, "completed");
  } finally {
    await unmount(w);
  }
});

async function fillAndFree(w: FastWorker): Promise<void> {
  await w.start();
  const { id } = await w.submit("steps 60 delay 100 size 3000 append counted");
  await runnerOf(w, id);
  const ballast = path.join(w.place.dataHome, "ballast");
  fill(ballast);
  await fillTheRest(w);
  const server = await w.client.server();
  assert.equal(server.status, "degraded");
  assert.match(server.problems.join(), /is full/);
  assert.equal((await w.client.getTask({ id })).title, "steps 60 delay 100 size 3000 append counted", "reading goes on");
  rmSync(ballast);
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["completed", 1], JSON.stringify(task.error));
  assert.equal((await storyOf(w, id)).filter(({ type }) => type === "tool_result").length, 60);
  const later = await w.submit("steps 1");
  assert.equal((await w.ended(later.id)).status, "completed");
  assert.equal((await w.client.server()).status, "healthy");
}

async function startOnFull(w: FastWorker, how: "killed" | "stopped"): Promise<void> {
  await w.start();
  await w.ended((await w.submit("steps 1")).id);
  const { id } = await w.submit("steps 100 delay 50 size 1");
  await runnerOf(w, id);
  if (how === "killed") await killServer(w);
  else await w.cli(["server", "stop"]);
  const ballast = path.join(w.place.dataHome, "ballast");
  fill(ballast, 1);
  const { code, stdout, stderr } = await w.cli(["server", "start"]);
  assert.equal(code, 0, stderr);
  // The log that a killed server left has room of its own, for a while.
  if (how === "stopped") {
    assert.match(stdout, /only for reading \(storage_full\)/);
    assert.match(stderr, /is full.*Free some space/s);
  }
  await fillTheRest(w);
  assert.equal((await w.cli(["list"])).code, 0);
  assert.equal((await w.client.getTask({ id: 1 })).status, "completed", "reading works");
  const { status, problems, pid } = await w.client.server();
  assert.equal(status, "degraded");
  assert.match(problems.join(), /is full/);
  for (let tries = 0; tries < 3; tries += 1) await assert.rejects(w.submit("steps 1"), { code: "storage_full" });
  const run = await w.cli(["run", "steps 1", "--json"]);
  assert.deepEqual([run.code, (JSON.parse(run.stdout) as { error: { code: string } }).error.code], [1, "storage_full"]);
  rmSync(ballast);
  await until("a healthy server", async () => (await w.client.server()).status === "healthy");
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["completed", 1], JSON.stringify(task.error));
  assert.equal((await w.ended((await w.submit("steps 1")).id)).status, "completed");
  assert.equal((await w.client.server()).pid, pid, "the same server");
}

async function startOnNearlyFull(w: FastWorker, freeKb: number): Promise<void> {
  await w.cli(["server", "stop"]);
  const ballast = path.join(w.place.dataHome, "ballast");
  leave(ballast, freeKb);
  const { code, stdout, stderr } = await w.cli(["server", "start"]);
  assert.equal(code, 0, `${freeKb} KB: ${stderr}`);
  assert.match(stdout, /only for reading \(storage_full\)/, `${freeKb} KB`);
  const { status, problems, pid } = await w.client.server();
  assert.equal(status, "degraded");
  assert.match(problems.join(), /is full/);
  rmSync(ballast);
  await until("a healthy server", async () => (await w.client.server()).status === "healthy");
  assert.equal((await w.ended((await w.submit("steps 1")).id)).status, "completed");
  assert.equal((await w.client.server()).pid, pid, "the same server");
}

async function cancelOnFull(w: FastWorker, restarted: boolean): Promise<void> {
  await w.start();
  const { id } = await w.submit("steps 100000 delay 100 size 3000 append counted");
  await runnerOf(w, id);
  await until("a first step", () => countedIn(w.place.work, "counted").length > 0);
  if (restarted) await w.cli(["server", "stop"]);
  const ballast = path.join(w.place.dataHome, "ballast");
  fill(ballast, 1);
  if (restarted) await w.start();
  else await fillTheRest(w);
  const waiting = (await w.client.listTasks({ status: ["pending"], limit: 1 })).tasks[0]?.id;
  if (waiting !== undefined) assert.equal((await w.cli(["cancel", String(waiting)])).code, 1, "what does not run stays as it is");
  const { code, stdout } = await w.cli(["cancel", String(id)]);
  assert.deepEqual([code, /is being stopped.*\(storage_full\).*ends as cancelled/s.test(stdout)], [0, true], stdout);
  const counted = path.join(w.place.work, "counted");
  let before = -1;
  await until("the end of its steps", async () => {
    const now = statSync(counted).size;
    const isSame = now === before;
    before = now;
    await delay(500); // Five steps long: that no step follows shows in time only.
    return isSame;
  });
  assert.equal((await w.client.getTask({ id })).status, "running");
  rmSync(ballast);
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts, task.error?.code], ["cancelled", 1, "cancelled"]);
}
