import assert from "node:assert/strict";
import { copyFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import { setup } from "./setup.ts";
import { plainTask } from "../../testing/plain-task.ts";

test("a removed log is written into the database before the next answer", async (t) => {
  for (const end of ["-wal", "-shm"]) {
    const { store, submit, file, open } = setup(t);
    const before = await submit();
    rmSync(`${file}${end}`);
    const after = await submit();
    rmSync(`${file}${end}`);
    assert.deepEqual(store.inspect(), []);
    const { epoch } = store;
    const last = await submit();
    assert.equal(store.epoch, epoch, "the same server");
    await store.close();
    const next = open();
    for (const { id } of [before, after, last]) assert.notEqual(next.tasks.get(id), null, `${end}: task ${id}`);
    assert.deepEqual(await next.check(), []);
  }
});

test("a write whose log is removed under it is in the database when it is answered", async (t) => {
  for (const end of ["-wal", "-shm"]) {
    const { store, file, directory } = setup(t);
    const { id } = await store.write(() => {
      rmSync(`${file}${end}`);
      return store.tasks.insert(plainTask());
    });
    // What a server finds that starts after a kill: the database's file without a log.
    const found = path.join(directory, "found.db");
    copyFileSync(file, found);
    const next = openStore({ path: found });
    assert.equal(next.tasks.get(id)?.id, id, end);
    await next.close();
  }
});

test("a database that was moved away is read, and takes no writes until it is back", async (t) => {
  const { store, submit, file } = setup(t);
  const { id } = await submit();
  renameSync(file, `${file}.away`);
  await assert.rejects(submit(), { code: "storage_unusable", message: /was removed or replaced.*move it back/s });
  assert.equal(store.tasks.get(id)?.id, id);
  assert.match(store.problems().join(), /was removed or replaced/);
  assert.deepEqual(store.inspect(), store.problems());
  renameSync(`${file}.away`, file);
  await store.probe();
  assert.deepEqual(store.problems(), []);
  assert.equal((await submit()).id, id + 1, "nothing of the refused one was stored");
});

test("a removed database can still be saved, and another in its place is left alone", async (t) => {
  const { store, submit, file, directory, open } = setup(t);
  const { id } = await submit();
  for (const end of ["", "-wal", "-shm"]) rmSync(`${file}${end}`);
  await assert.rejects(submit(), { code: "storage_unusable" });
  const saved = path.join(directory, "saved.db");
  await store.backup(saved);
  await assert.rejects(store.backup(saved), { code: "conflict" });
  const other = open();
  await other.write(() => other.tasks.insert(plainTask({ name: "of the other" })));
  await assert.rejects(submit(), { code: "storage_unusable" });
  await store.close();
  await submitTo(other);
  await other.close();
  const again = open();
  assert.deepEqual([again.tasks.counts().pending, await again.check()], [2, []]);
  const copy = openStore({ path: saved });
  assert.equal(copy.tasks.get(id)?.id, id);
  await copy.close();
});

async function submitTo(store: ReturnType<typeof openStore>): Promise<void> {
  await store.write(() => store.tasks.insert(plainTask()));
}
