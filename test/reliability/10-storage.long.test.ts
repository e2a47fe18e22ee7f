import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { pathsFrom } from "../../src/config/paths.ts";
import { until } from "../../testing/wait.ts";
import { fastWorker, runnerOf, storyOf } from "./setup.ts";
import type { FastWorker } from "./setup.ts";
import { mountSmall, remount, unmount } from "./small-disk.ts";

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
