import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import { pathsFrom } from "../../src/config/paths.ts";
import { countedIn } from "../../testing/steps.ts";
import { until } from "../../testing/wait.ts";
import { fastWorker, killServer, runnerOf, storyOf } from "./setup.ts";
import type { FastWorker } from "./setup.ts";

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

test("a runner whose journal may not grow keeps its records for later", async (t) => {
  if (!has("prlimit")) return t.skip("prlimit is missing here");
  const w = await fastWorker(t);
  await w.start();
  const { id } = await w.submit("steps 60 delay 50 size 2000 append counted");
  const pid = await runnerOf(w, id);
  const journal = (await w.client.getTask({ id })).logs.raw;
  await until("a journal", () => existsSync(journal) && statSync(journal).size > 10_000);
  execFileSync("prlimit", ["--pid", String(pid), "--fsize=30000:"]);
  await until("the limit", () => statSync(journal).size === 30_000);
  execFileSync("prlimit", ["--pid", String(pid), "--fsize=unlimited:"]);
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["completed", 1], JSON.stringify(task.error));
  assert.equal((await storyOf(w, id)).filter(({ type }) => type === "tool_result").length, 60);
});

test("a server that may open no more files loses no task", async (t) => {
  if (!has("prlimit")) return t.skip("prlimit is missing here");
  const w = await fastWorker(t);
  const { pid } = await w.start();
  const first = await w.submit("steps 40 delay 50");
  await runnerOf(w, first.id);
  const waiting = await Promise.all([w.submit("steps 1"), w.submit("steps 1")].map((each) => each.catch(() => null)));
  execFileSync("prlimit", ["--pid", String(pid), "--nofile=30:"]);
  const during = await w.submit("steps 1").catch(() => null);
  execFileSync("prlimit", ["--pid", String(pid), "--nofile=1024:"]);
  for (const task of [first, ...waiting, during]) if (task !== null) assert.equal((await w.ended(task.id)).status, "completed");
});

test("a log directory that was removed while the server runs is made again", async (t) => {
  for (const elsewhere of [false, true]) {
    const w = await fastWorker(t);
    if (elsewhere) w.env["CLAUDE_WORKER_LOG_DIR"] = path.join(w.place.directory, "elsewhere", "logs");
    const { logs } = pathsFrom(w.env);
    await w.start();
    rmSync(logs, { recursive: true });
    const task = await w.ended((await w.submit("steps 1")).id);
    assert.deepEqual([task.status, task.attempts], ["completed", 1], JSON.stringify(task.error));
    assert.equal(statSync(logs).mode & 0o777, 0o700);
    assert.ok(existsSync(task.logs.raw) && existsSync(task.logs.summary));
  }
});

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

test("a file that is not a worker's database is refused at the start", async (t) => {
  const damaged: readonly (readonly [string, (file: string) => void, RegExp])[] = [
    ["no database", (file) => writeFileSync(file, "What is this?\n".repeat(1000)), /is not a database.*(Move it away|backup)/s],
    ["a newer schema", (file) => raise(file), /newer Claude Worker/],
    ["a directory", (file) => (rmSync(file, { force: true }), mkdirSync(file)), /cannot be opened|is a directory|is not a file/i],
  ];
  for (const [what, harm, sentence] of damaged) {
    const w = await fastWorker(t);
    await w.start();
    await w.cli(["server", "stop"]);
    const { database } = pathsFrom(w.env);
    for (const end of ["-wal", "-shm"]) rmSync(`${database}${end}`, { force: true });
    harm(database);
    const { code, stderr } = await w.cli(["server", "start"]);
    assert.equal(code, 1, what);
    assert.match(stderr, sentence, what);
  }
});

test("a running server with a read-only database refuses submits and recovers", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  await w.ended((await w.submit("steps 1")).id);
  if (!setImmutable(w, true)) return t.skip("files cannot be made immutable here");
  try {
    await assert.rejects(w.submit("steps 2"), {
      code: "storage_full",
      message: /failed, so nothing was saved .*Check the disk's space, quota and health/,
    });
    assert.equal((await w.client.getTask({ id: 1 })).status, "completed", "reading goes on");
    const server = await w.client.server();
    assert.equal(server.status, "degraded");
    assert.match(server.problems.join(), /nothing was saved/);
  } finally {
    setImmutable(w, false);
  }
  const later = await w.submit("steps 1");
  assert.equal((await w.ended(later.id)).status, "completed");
  assert.equal((await w.client.server()).status, "healthy");
  assert.equal((await w.client.listTasks()).tasks.length, 2, "what was refused is not there");
});

test("a server refuses to start on a read-only data directory", async (t) => {
  const w = await fastWorker(t);
  if (!mountSmall(w)) return t.skip("nothing can be mounted here");
  try {
    await lockAndUnlock(w);
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

/** Submits until one is refused. */
async function fillTheRest(w: FastWorker): Promise<void> {
  const prompt = "x".repeat(200_000);
  await assert.rejects(
    async () => {
      for (let tries = 0; tries < 50; tries += 1) await w.submit(prompt);
    },
    { code: "storage_full", message: /is full, so nothing was saved.*Free some space/ },
  );
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

async function lockAndUnlock(w: FastWorker): Promise<void> {
  await w.start();
  const { id } = await w.submit("steps 1");
  await w.ended(id);
  await w.cli(["server", "stop"]);
  remount(w, "ro");
  const refused = await w.cli(["server", "start"]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /read-only|cannot be written|EROFS/);
  remount(w, "rw");
  await w.start();
  assert.equal((await w.client.getTask({ id })).status, "completed");
  assert.equal((await w.ended((await w.submit("steps 1")).id)).status, "completed");
}

/**
 * Root may write what is read-only by its mode, and no file system is made read-only under open
 * files; nobody may write an immutable file, not even through a descriptor that is open. @returns
 * false where this cannot be set (no root, another file system).
 */
function setImmutable(w: FastWorker, immutable: boolean): boolean {
  const { database } = pathsFrom(w.env);
  try {
    execFileSync("chattr", [immutable ? "+i" : "-i", database, `${database}-wal`], { stdio: "pipe" });
  } catch {
    return false;
  }
  return true;
}

/**
 * Puts the data directory on a file system of 6 MB. @returns false where this user may not mount
 * one.
 */
function mountSmall(w: FastWorker): boolean {
  mkdirSync(w.place.dataHome, { mode: 0o700 });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", w.place.dataHome], { stdio: "pipe" });
  } catch {
    // Only root may, and not in every container.
    return false;
  }
  return true;
}

/** The server must let go of it first. */
async function unmount(w: FastWorker): Promise<void> {
  await w.cli(["server", "stop", "--now"]);
  execFileSync("umount", ["-l", w.place.dataHome]);
}

function remount(w: FastWorker, mode: "ro" | "rw"): void {
  execFileSync("mount", ["-o", `remount,${mode}`, w.place.dataHome]);
}

/** Takes all the room there is. */
function fill(file: string, leastBytes = 4096): void {
  for (let bytes = 1024 * 1024; bytes >= leastBytes;) {
    try {
      writeFileSync(file, Buffer.alloc(bytes), { flag: "a" });
    } catch {
      bytes /= 2; // It did not fit: less may.
    }
  }
}

/** Takes all the room but so much. */
function leave(file: string, freeKb: number): void {
  const { bavail, bsize } = statfsSync(path.dirname(file));
  const kb = Math.floor((bavail * bsize) / 1024) - freeKb;
  if (kb > 0) writeFileSync(file, Buffer.alloc(kb * 1024), { flag: "a" });
}

/** The schema of a version that is yet to come. */
function raise(file: string): void {
  const database = new Database(file);
  database.pragma("user_version = 4000");
  database.close();
}

function has(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}
