import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import { scratchDirectory } from "./setup.ts";
import { plainTask } from "../../testing/plain-task.ts";
import { startProcess } from "./store-process.ts";
import type { StoreProcess } from "./store-process.ts";

interface Reading {
  readonly acknowledged: number;
  readonly counted: number;
  readonly listed: number;
  readonly problems: readonly string[];
}

test("a store at the limit of a file's size refuses writes and loses nothing", async (t) => {
  const database = path.join(scratchDirectory(t), "tasks.db");
  const limited = ["/bin/sh", "-c", 'ulimit -S -f 4000 && exec "$@"', "sh"];
  const filler = await startFiller(t, database, limited);
  await mustRefuse(filler);
  if (!canRaiseLimits()) t.diagnostic("prlimit is missing: the recovery is not tried here");
  else {
    execFileSync("prlimit", ["--pid", String(filler.pid), "--fsize=unlimited:"]);
    await mustRecover(filler);
  }
  await mustHoldAll(filler, database);
});

test("a store on a full file system continues when there is space again", async (t) => {
  const mount = mountSmall(t);
  if (mount === null) return t.skip("a small file system cannot be mounted here");
  const ballast = path.join(mount, "ballast");
  writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024));
  const database = path.join(mount, "tasks.db");
  const filler = await startFiller(t, database);
  await mustRefuse(filler);
  rmSync(ballast);
  await mustRecover(filler);
  await mustHoldAll(filler, database);
});

test("a store on a full file system reads, and takes its epoch when there is room", async (t) => {
  for (const leftLog of [true, false]) {
    const mount = mountSmall(t);
    if (mount === null) return t.skip("a small file system cannot be mounted here");
    const database = path.join(mount, "tasks.db");
    const filler = await startFiller(t, database);
    filler.send("write");
    assert.equal(await filler.next(), null);
    // A killed server leaves its log, one that stops does not.
    await filler.kill();
    if (!leftLog) await openStore({ path: database }).close();
    const ballast = path.join(mount, "ballast");
    fillUp(ballast);
    assert.throws(() => openStore({ path: database }), { code: "storage_full" });
    const store = openStore({ path: database, readingWhenFull: true });
    const { epoch } = store;
    assert.equal(store.isWritable(), false);
    assert.equal(store.tasks.list({ limit: 5 }).length, 1, "reading works");
    assert.match(store.problems().join(), /is full/);
    for (let tries = 0; tries < 3; tries++) await assert.rejects(store.probe(), { code: "storage_full" });
    assert.equal(store.tasks.get(1)?.id, 1, "and goes on working");
    rmSync(ballast);
    await store.probe();
    assert.deepEqual([store.isWritable(), store.problems(), store.epoch], [true, [], epoch + 1]);
    const { id } = await store.write(() => store.tasks.insert(plainTask()));
    await store.close();
    const next = openStore({ path: database });
    assert.deepEqual([next.epoch, next.tasks.get(id)?.id], [epoch + 2, id]);
    await next.close();
  }
});

/** Takes all the room there is. */
function fillUp(file: string): void {
  for (let bytes = 1024 * 1024; bytes >= 1;) {
    try {
      writeFileSync(file, Buffer.alloc(bytes), { flag: "a" });
    } catch {
      bytes = Math.floor(bytes / 2); // It did not fit: less may.
    }
  }
}

/** A file system of 8 MB; null where this user may not mount one. */
function mountSmall(t: TestContext): string | null {
  let mounted: string | null = null;
  // Before the directory's own hook: what is mounted in it cannot be removed.
  t.after(() => mounted !== null && execFileSync("umount", ["-l", mounted]));
  const mount = path.join(scratchDirectory(t), "small");
  mkdirSync(mount);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", mount], { stdio: "pipe" });
    mounted = mount;
  } catch {
    // Only root may, and not in every container.
  }
  return mounted;
}

async function startFiller(t: TestContext, database: string, prefix: readonly string[] = []): Promise<StoreProcess> {
  const filler = startProcess(t, { script: "./disk-filler.ts", input: { database }, prefix });
  assert.deepEqual(await filler.next(), { opened: true });
  return filler;
}

async function mustRefuse(filler: StoreProcess): Promise<void> {
  const ask = async (order: string): Promise<unknown> => {
    filler.send(order);
    return filler.next();
  };
  const refusal = (await ask("fill")) as { code: string; message: string };
  assert.equal(refusal.code, "storage_full", refusal.message);
  assert.match(refusal.message, /nothing was saved/);
  const reading = (await ask("read")) as Reading;
  assert.ok(reading.acknowledged > 5);
  assert.equal(reading.counted, reading.acknowledged);
  assert.equal(reading.listed, 5);
  assert.deepEqual(reading.problems, [refusal.message]);
  assert.equal(await ask("look"), null);
  assert.deepEqual(((await ask("read")) as Reading).problems, [refusal.message], "a write that changes nothing proves nothing");
}

async function mustRecover(filler: StoreProcess): Promise<void> {
  filler.send("probe");
  assert.equal(await filler.next(), null);
  filler.send("read");
  assert.deepEqual(((await filler.next()) as Reading).problems, []);
  filler.send("write");
  assert.equal(await filler.next(), null);
}

/** Every acknowledged task, and no other, is there for the next server. */
async function mustHoldAll(filler: StoreProcess, database: string): Promise<void> {
  filler.send("read");
  const { acknowledged } = (await filler.next()) as Reading;
  await filler.kill();
  const store = openStore({ path: database });
  assert.equal(store.tasks.counts().pending, acknowledged);
  assert.deepEqual(await store.check(), []);
  await store.close();
}

function canRaiseLimits(): boolean {
  try {
    execFileSync("prlimit", ["--version"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}
