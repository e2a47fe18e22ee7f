/**
 * Item 47: a file or directory of ours that another user can write is refused before it is opened,
 * whatever names it.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { requireOwnDirectory, requireOwnFile } from "../../src/config/own-directory.ts";
import { othersCanWrite } from "../../src/config/others-can-write.ts";
import { pathsFrom } from "../../src/config/paths.ts";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import { fastWorker } from "../reliability/setup.ts";
import { scratch } from "../../testing/scratch.ts";

const isRoot = process.getuid?.() === 0;
const refused = (place: string, message = /(Other users can write to|belongs to another user)/) => ({
  name: "WorkerError",
  code: "storage_unusable",
  message: new RegExp(`(?=.*${place.replaceAll(".", String.raw`\.`)}).*${message.source}`),
});

test("owner, mode and the sticky bit say who can write to a file", (t) => {
  const { directory, file } = scratch(t);
  const own = file("own", "x");
  for (const [mode, can] of [
    [0o600, false],
    [0o644, false],
    [0o646, true],
    [0o666, true],
  ] as const) {
    chmodSync(own, mode);
    assert.equal(othersCanWrite(statSync(own)), can, mode.toString(8));
  }
  chmodSync(own, 0o660);
  if (isRoot) assert.throws(() => requireOwnFile(own), refused(own, /mode 0660.*chmod go-w/));
  chmodSync(own, 0o600);
  requireOwnFile(own);
  requireOwnFile(path.join(directory, "missing"));
  for (const check of [requireOwnFile, (place: string) => requireOwnDirectory(place, "X")]) check(path.join(own, "below", "a-file"));
  const open = path.join(directory, "open");
  mkdirSync(open);
  const within = path.join(open, "file");
  writeFileSync(within, "x", { mode: 0o600 });
  chmodSync(open, 0o777);
  assert.throws(() => requireOwnFile(within), refused(open, /mode 0777.*chmod go-w/));
  assert.throws(() => requireOwnFile(path.join(open, "missing")), refused(open));
  assert.throws(() => requireOwnDirectory(open, "X"), refused(open, /chmod 700/));
  chmodSync(open, 0o1777);
  requireOwnFile(within);
  if (!isRoot) return;
  chownSync(within, 65_534, 65_534);
  assert.throws(() => requireOwnFile(within), refused(within, /uid 65534/));
  const link = path.join(directory, "link");
  symlinkSync(within, link);
  assert.throws(() => requireOwnFile(link), refused(link));
});

test("the database, its log and its index are refused by owner and mode", async (t) => {
  const { directory } = scratch(t);
  const file = path.join(directory, "tasks.db");
  await openStore({ path: file }).close();
  for (const place of [file, `${file}-wal`, `${file}-shm`]) {
    if (place !== file) writeFileSync(place, "");
    chmodSync(place, 0o666);
    assert.throws(() => openStore({ path: file }), refused(place));
    chmodSync(place, 0o600);
  }
  chmodSync(directory, 0o777);
  assert.throws(() => openStore({ path: file }), refused(directory));
  chmodSync(directory, 0o700);
  await openStore({ path: file }).close();
});

test("a directory that others can rename is refused, at any height and behind links", (t) => {
  const { directory } = scratch(t);
  const open = path.join(directory, "open");
  const deep = path.join(open, "a", "b");
  mkdirSync(deep, { recursive: true, mode: 0o700 });
  const file = path.join(deep, "file");
  writeFileSync(file, "x", { mode: 0o600 });
  const links = path.join(directory, "links");
  mkdirSync(links);
  symlinkSync(path.join("..", "open", "a"), path.join(links, "to-a"));
  const behind = path.join(links, "to-a", "b");
  const checks: [string, () => void][] = [
    ["directory", () => requireOwnDirectory(deep, "X")],
    ["missing directory", () => requireOwnDirectory(path.join(open, "new", "b"), "X")],
    ["file", () => requireOwnFile(file)],
    ["missing file", () => requireOwnFile(path.join(open, "new", "file"))],
    ["directory behind a link", () => requireOwnDirectory(behind, "X")],
    ["file behind a link", () => requireOwnFile(path.join(behind, "file"))],
  ];
  const each = (expect: (check: () => void, what: string) => void): void => {
    for (const [what, check] of checks) expect(check, what);
  };
  each((check) => check());
  chmodSync(open, 0o777);
  each((check, what) => assert.throws(check, refused(open, /mode 0777.*can replace.*chmod go-w/), what));
  // With the sticky bit only the owner can rename an entry.
  chmodSync(open, 0o1777);
  each((check) => check());
  chmodSync(open, 0o700);
  chmodSync(links, 0o777);
  for (const [what, check] of checks.slice(4)) assert.throws(check, refused(links), what);
  if (!isRoot) return;
  chmodSync(links, 0o700);
  chmodSync(open, 0o770);
  each((check, what) => assert.throws(check, refused(open, /mode 0770/), what));
  chmodSync(open, 0o755);
  chownSync(open, 65_534, 65_534);
  each((check, what) => assert.throws(check, refused(open, /belongs to another user \(uid 65534\)/), what));
  // In a directory with the sticky bit its owner can rename every entry.
  chmodSync(open, 0o1755);
  each((check, what) => assert.throws(check, refused(open, /uid 65534/), what));
});

const bin = fileURLToPath(new URL("../../bin/claude-worker", import.meta.url));

function cli(t: TestContext, more: Record<string, string> = {}, umask = "022") {
  const place = scratch(t);
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: place.home,
    CLAUDE_WORKER_HOME: place.dataHome,
    CLAUDE_WORKER_PORT: "0",
    CLAUDE_WORKER_WARM: "0",
    ...more,
  };
  const call = (...words: string[]) =>
    spawnSync("sh", ["-c", `umask ${umask}; exec "$0" "$@"`, process.execPath, bin, ...words], { env, encoding: "utf8", cwd: place.work });
  t.after(() => void call("server", "stop", "--now"));
  return { place, env, call, paths: pathsFrom(env) };
}

test("configuration, data or logs that others can write keep the server from starting", (t) => {
  const { place, call, paths } = cli(t);
  const config = place.file("home/.config/claude-worker/config.json", "{}");
  const cases: [string, () => void, () => void][] = [
    [config, () => chmodSync(config, 0o666), () => chmodSync(config, 0o600)],
    [paths.home, () => (mkdirSync(paths.home), chmodSync(paths.home, 0o777)), () => chmodSync(paths.home, 0o700)],
    [paths.logs, () => (mkdirSync(paths.logs), chmodSync(paths.logs, 0o777)), () => chmodSync(paths.logs, 0o700)],
    [
      paths.serverLog,
      () => (writeFileSync(paths.serverLog, ""), chmodSync(paths.serverLog, 0o666)),
      () => chmodSync(paths.serverLog, 0o600),
    ],
    [paths.run, () => (mkdirSync(paths.run), chmodSync(paths.run, 0o777)), () => chmodSync(paths.run, 0o700)],
  ];
  for (const [what, spoil, repair] of cases) {
    spoil();
    const { status, stderr } = call("server", "start");
    assert.equal(status, 1, `${what}: ${stderr}`);
    assert.match(stderr, new RegExp(`^Error: Other users can write to ${what} \\(mode 0\\d{3}\\).*chmod `));
    repair();
  }
  const above = path.dirname(path.dirname(config));
  chmodSync(above, 0o777);
  for (const words of [["list"], ["server", "start"], ["config", "list"]]) {
    const { status, stderr } = call(...words);
    assert.equal(status, 1, words.join(" "));
    assert.match(stderr, new RegExp(`^Error: Other users can write to ${above} \\(mode 0777\\).*chmod go-w ${above}`), words.join(" "));
  }
  chmodSync(above, 0o700);
  assert.equal(call("server", "start").status, 0);
});

test("a data directory in one that others can write is refused by every command", (t) => {
  const { directory } = scratch(t);
  const open = path.join(directory, "shared");
  mkdirSync(open);
  chmodSync(open, 0o777);
  const { call } = cli(t, { CLAUDE_WORKER_HOME: path.join(open, "mine", "worker") });
  for (const made of [false, true]) {
    if (made) mkdirSync(path.join(open, "mine", "worker"), { recursive: true, mode: 0o700 });
    for (const words of [["list"], ["server", "start"], ["run", "x"]]) {
      const { status, stderr } = call(...words);
      assert.equal(status, 1, `${words.join(" ")}: ${stderr}`);
      assert.match(
        stderr,
        new RegExp(`Other users can write to ${open} \\(mode 0777\\), so they can replace ${open}/mine.*chmod go-w ${open}`),
      );
    }
    assert.equal(existsSync(path.join(open, "mine")), made);
  }
});

test("a code cache that others could write is emptied before it is used", (t) => {
  const { call, paths } = cli(t);
  const cache = path.join(paths.home, "cache");
  const planted = path.join(cache, "v0", "planted");
  mkdirSync(paths.home, { mode: 0o700 });
  mkdirSync(path.dirname(planted), { recursive: true });
  writeFileSync(planted, "x");
  chmodSync(cache, 0o777);
  assert.equal(call("server", "start").status, 0);
  assert.equal(statSync(cache).mode & 0o777, 0o700);
  assert.equal(existsSync(planted), false);
});

test("new files have the same modes, whatever the umask is", (t) => {
  const seen = ["000", "077"].map((umask) => {
    const { place, call, paths } = cli(t, {}, umask);
    assert.equal(call("config", "set", "workers", "2").status, 0);
    assert.equal(call("server", "start").status, 0);
    const found = [place.home, paths.home].flatMap((root) =>
      readdirSync(root, { recursive: true, encoding: "utf8" })
        .filter(
          (name) => name !== ".claude.json" && !name.startsWith("data/") && !/\.(sock|compiled)$|tasks\.db-|\/cache|^cache/.test(name),
        )
        .map((name) => `${name} ${(statSync(path.join(root, name)).mode & 0o777).toString(8)}`),
    );
    return found.toSorted();
  });
  assert.deepEqual(seen[0], seen[1]);
  for (const each of seen[0] ?? []) assert.match(each, /(?:600|700)$/);
});

test("a link or another user's file in the place of a log ends the attempt", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const target = w.place.file("target", "precious");
  const logs = pathsFrom(w.env).logs;
  for (const [id, kind] of [
    [1, "raw"],
    [2, "summary"],
  ] as const) {
    symlinkSync(target, path.join(logs, `task_${id}_${kind}.log`));
    await w.submit("steps 1");
    const task = await w.until(id, ({ status, attempts }) => status === "failed" || attempts > 1);
    const [first] = (await w.client.listAttempts({ id })).attempts;
    assert.match(String(first?.outcome?.message ?? task.error?.message), /a link stands in the place of the log .*remove it/);
  }
  assert.equal(statSync(target).size, "precious".length);
});
