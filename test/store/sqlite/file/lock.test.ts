import assert from "node:assert/strict";
import { existsSync, readdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { takeLock } from "../../../../src/store/sqlite/file/lock.ts";
import { openStore } from "../../../../src/store/sqlite/sqlite.ts";
import { scratchDirectory } from "../../setup.ts";
import { startProcess } from "../../store-process.ts";
import type { StoreProcess } from "../../store-process.ts";

test("a held lock is refused to a second server with the holder's name", async (t) => {
  const { file, holder } = setup(t);
  const first = holder();
  assert.deepEqual(await first.next(), { locked: true });
  const message = new RegExp(`^Another server \\(process ${first.pid}\\) runs on this data directory`);
  assert.throws(() => takeLock(file, { pid: process.pid }), { name: "WorkerError", code: "server_running", message });
  const second = holder();
  const refusal = (await second.next()) as { code: string; message: string };
  assert.equal(refusal.code, "server_running");
  assert.match(refusal.message, message);
});

test("a server that is refused the lock keeps no file open", { skip: !existsSync("/proc/self/fd") && "no /proc" }, async (t) => {
  const { file, holder } = setup(t);
  await holder().next();
  for (let count = 0; count < 3; count += 1) assert.throws(() => takeLock(file, { pid: process.pid }), { code: "server_running" });
  const open = readdirSync("/proc/self/fd").map((fd) => readlinkOrNone(`/proc/self/fd/${fd}`));
  assert.deepEqual(
    open.filter((name) => name.startsWith(file)),
    [],
  );
});

/** A descriptor may be closed since it was listed. */
function readlinkOrNone(name: string): string {
  try {
    return readlinkSync(name);
  } catch {
    return "";
  }
}

test("the server's lock is free after its release and after kill -9", async (t) => {
  const { file, holder } = setup(t);
  const first = holder();
  await first.next();
  first.send("release");
  assert.deepEqual(await first.next(), { released: true });
  const second = holder();
  assert.deepEqual(await second.next(), { locked: true });
  await second.kill();
  const lock = takeLock(file, { pid: process.pid });
  assert.equal(lock.held(), true);
  lock.release();
  lock.release();
  assert.equal(lock.held(), false);
  takeLock(file, { pid: process.pid }).release();
});

test("the server's lock leaves files for its owner only", (t) => {
  const { file } = setup(t);
  takeLock(file, { pid: 1 }).release();
  takeLock(file, { pid: 1 }).release();
  assert.deepEqual(readdirSync(path.dirname(file)).toSorted(), ["server.lock", "server.lock.guard"]);
  for (const name of [file, `${file}.guard`]) assert.equal(statSync(name).mode & 0o777, 0o600);
});

test("the server's lock names no holder without a valid note", async (t) => {
  const { file, holder } = setup(t);
  const first = holder();
  await first.next();
  for (const note of ["", "{", `{"pid":5,"inode":1}`, "null"]) {
    writeFileSync(`${file}.json`, note);
    assert.throws(() => takeLock(file, { pid: 1 }), { code: "server_running", message: /^Another server runs on/ });
  }
});

test("the server's lock cannot be taken where nothing can be written", (t) => {
  const { file } = setup(t);
  assert.throws(() => takeLock(path.join(file, "below", "server.lock"), { pid: 1 }), { code: "storage_unusable" });
});

test("taking over a free lock takes it", (t) => {
  const { file } = setup(t);
  const lock = takeLock(file, { pid: 1, takeover: true });
  assert.throws(() => takeLock(file, { pid: 2 }), { code: "server_running", message: /process 1\b/ });
  lock.release();
});

test("a takeover leaves a stopped server without the lock: it writes nothing later", async (t) => {
  const { file, directory, holder } = setup(t);
  const database = path.join(directory, "tasks.db");
  const stopped = holder({ database });
  assert.deepEqual(await stopped.next(), { locked: true });
  stopped.signal("SIGSTOP");
  assert.throws(() => takeLock(file, { pid: 1 }), { code: "server_running" });
  const lock = takeLock(file, { pid: process.pid, takeover: true });
  const store = openStore({ path: database });
  stopped.signal("SIGCONT");
  stopped.send("held");
  stopped.send("write");
  assert.deepEqual(await stopped.next(), { held: false });
  assert.deepEqual(await stopped.next(), { stale: true });
  assert.match(((await stopped.next()) as { refused: string }).refused, /^Another server took over/);
  assert.deepEqual(store.holds.active(), []);
  stopped.send("release");
  assert.deepEqual(await stopped.next(), { released: true });
  assert.equal(lock.held(), true);
  const third = holder();
  assert.match(((await third.next()) as { message: string }).message, new RegExp(`process ${process.pid}\\b`));
  await store.close();
  lock.release();
});

test("a takeover by many servers at once gives the lock to one", async (t) => {
  const { file, holder } = setup(t);
  const stopped = holder();
  await stopped.next();
  stopped.signal("SIGSTOP");
  const takers = Array.from({ length: 6 }, () => holder({ takeover: true }));
  const answers = (await Promise.all(takers.map((taker) => taker.next()))) as ({ locked: true } | { code: string })[];
  const winners = takers.filter((_, index) => "locked" in (answers[index] ?? {}));
  assert.ok(winners.length >= 1);
  for (const winner of winners) winner.send("held");
  const held = (await Promise.all(winners.map((winner) => winner.next()))) as { held: boolean }[];
  assert.equal(held.filter((answer) => answer.held).length, 1, JSON.stringify(answers));
  assert.throws(() => takeLock(file, { pid: 1 }), { code: "server_running" });
  assert.equal(existsSync(`${file}.new`), false);
});

function setup(t: TestContext): {
  directory: string;
  file: string;
  holder(options?: { takeover?: boolean; database?: string }): StoreProcess;
} {
  const directory = scratchDirectory(t);
  const file = path.join(directory, "server.lock");
  return {
    directory,
    file,
    holder: (options = {}) => startProcess(t, { script: "lock-holder.ts", input: { lock: file, ...options } }),
  };
}
