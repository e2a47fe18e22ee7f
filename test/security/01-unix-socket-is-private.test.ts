/** Item 1: the unix socket belongs to its owner alone. */
import assert from "node:assert/strict";
import { existsSync, chmodSync, chownSync, lchownSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { serverPlace } from "../../src/cli/server/server-place.ts";
import { prepareDataDirectory } from "../../src/server/data-directory.ts";
import { createHttp } from "../../src/http/server.ts";
import { realApi } from "../../testing/real-api.ts";
import { openDoor } from "../../testing/http-door.ts";
import { scratch } from "../../testing/scratch.ts";

const log = { error: () => {} };
const newDoor = (t: TestContext) => createHttp({ api: realApi(t).api, token: "t".repeat(43), log });

test("the unix socket has mode 0600, whatever the umask is", async (t) => {
  const before = process.umask(0o000);
  t.after(() => process.umask(before));
  const { socket } = await openDoor(t);
  assert.equal(lstatSync(socket).mode & 0o777, 0o600);
  assert.equal(process.umask(), 0o000);
});

test("the unix socket is never open to others, not even while it is made", async (t) => {
  const directory = path.join(scratch(t).directory, "run");
  mkdirSync(directory, { mode: 0o700 });
  const before = process.umask(0o000);
  t.after(() => process.umask(before));
  const door = newDoor(t);
  t.after(() => door.stop());
  const socket = path.join(directory, "s.sock");
  const listening = door.listenSocket(socket);
  // Each step of the event loop is looked at, so the socket is seen at its first moment.
  for (let steps = 0; steps < 1000 && !existsSync(socket); steps += 1) await Promise.resolve();
  assert.equal(lstatSync(socket).mode & 0o777, 0o600);
  await listening;
});

test("a socket directory that others may enter is refused", async (t) => {
  const directory = path.join(scratch(t).directory, "open");
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  await assert.rejects(newDoor(t).listenSocket(path.join(directory, "s.sock")), { code: "storage_unusable", message: /chmod 700/ });
});

test("what lies in the socket's place is removed only if it is a socket", async (t) => {
  const directory = path.join(scratch(t).directory, "run");
  mkdirSync(directory, { mode: 0o700 });
  const file = path.join(directory, "file");
  writeFileSync(file, "precious");
  await assert.rejects(newDoor(t).listenSocket(file), { code: "storage_unusable" });
  const link = path.join(directory, "link");
  symlinkSync(file, link);
  await assert.rejects(newDoor(t).listenSocket(link), { code: "storage_unusable" });
  assert.ok(lstatSync(file).isFile() && lstatSync(link).isSymbolicLink());
});

test("a socket that a killed server left over is replaced", async (t) => {
  const directory = path.join(scratch(t).directory, "run");
  mkdirSync(directory, { mode: 0o700 });
  const socket = path.join(directory, "s.sock");
  const [first, second] = [newDoor(t), newDoor(t)];
  t.after(() => Promise.all([first.stop(), second.stop()]));
  await first.listenSocket(socket);
  await second.listenSocket(socket);
  assert.ok(lstatSync(socket).isSocket());
});

test("a socket directory of another user below /tmp is refused by server and callers", (t) => {
  if (process.getuid?.() !== 0) return t.skip("only root can make another user's directory");
  const place = scratch(t);
  const env = { HOME: place.home, CLAUDE_WORKER_HOME: path.join(place.directory, "a-very-long-name-".repeat(10)) };
  const { paths } = serverPlace(env);
  const refused = { code: "storage_unusable", message: /belongs to another user/ };
  const remove = (): void => rmSync(paths.run, { recursive: true, force: true });
  t.after(remove);
  mkdirSync(paths.run, { mode: 0o700 });
  serverPlace(env);
  chownSync(paths.run, 65_534, 65_534);
  assert.throws(() => serverPlace(env), refused);
  assert.throws(() => prepareDataDirectory(paths), refused);
  remove();
  symlinkSync(place.work, paths.run);
  lchownSync(paths.run, 65_534, 65_534);
  assert.throws(() => serverPlace(env), refused);
  assert.throws(() => prepareDataDirectory(paths), refused);
});
