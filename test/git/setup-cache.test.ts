import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { SetupCacheOrder } from "../../src/domain/workspace/setup.ts";
import { SetupCache } from "../../src/git/setup-cache.ts";
import { gitRepository } from "../../testing/git-repository.ts";
import type { TestRepository } from "../../testing/git-repository.ts";

interface World extends TestRepository {
  readonly directory: string;
  /** A worktree with a lock file of this content. */
  worktree(lock: string): string;
  cache(top: string, order?: Partial<SetupCacheOrder>, command?: string): Promise<SetupCache>;
  kept(): string[];
}

function world(t: TestContext): World {
  const repository = gitRepository(t);
  const directory = path.join(repository.place.dataHome, "setup-cache", "repository-1a2b");
  const trash = path.join(repository.place.dataHome, "trash");
  const { signal } = new AbortController();
  let made = 0;
  return {
    ...repository,
    directory,
    worktree: (lock) => {
      made += 1;
      const top = path.join(repository.place.dataHome, `worktree-${made}`);
      repository.git("worktree", "add", "-q", "--detach", top);
      writeFileSync(path.join(top, "lock"), lock);
      return top;
    },
    cache: async (top, order = {}, command = "install") => {
      const whole = { key: ["lock"], paths: ["modules"], directory, ...order };
      const git = repository.ours().in(top);
      const cache = await SetupCache.open({ order: whole, command, top, git, trash, signal });
      assert.ok(typeof cache !== "string", String(cache));
      return cache;
    },
    kept: () => (existsSync(directory) ? readdirSync(directory).filter((name) => !name.startsWith(".lock")) : []),
  };
}

/** What an installation makes: files, a program, links, an empty directory. */
function install(top: string, text = "one"): void {
  const at = (...parts: string[]): string => path.join(top, "modules", ...parts);
  mkdirSync(at("deep", "empty"), { recursive: true });
  writeFileSync(at("deep", "file"), text);
  writeFileSync(at("program"), "#!/bin/sh\n", { mode: 0o755 });
  symlinkSync("../program", at("deep", "link"));
  symlinkSync("../deep", at("workspace"));
}

test("what a set-up made is copied into another worktree, and shares nothing", async (t) => {
  const { worktree, cache, kept } = world(t);
  const [one, two, other] = [worktree("1"), worktree("1"), worktree("2")];
  assert.equal(await (await cache(one)).use(), false);
  install(one);
  const old = path.join(one, "modules", "deep", "file");
  utimesSync(old, 1_000, 2_000);
  assert.equal(await (await cache(one)).store(), null);
  assert.equal(await (await cache(one)).store(), null, "it is kept already");
  assert.equal(kept().length, 1);
  mkdirSync(path.join(two, "modules"));
  writeFileSync(path.join(two, "modules", "half"), "of a killed run");
  assert.equal(await (await cache(two)).use(), true);
  const copy = (...parts: string[]): string => path.join(two, "modules", ...parts);
  assert.deepEqual(readdirSync(copy()), ["deep", "program", "workspace"]);
  assert.deepEqual([readFileSync(copy("deep", "file"), "utf8"), statSync(copy("deep", "file")).mtimeMs], ["one", 2_000_000]);
  assert.deepEqual([statSync(copy("program")).mode & 0o777, readlinkSync(copy("deep", "link"))], [0o755, "../program"]);
  assert.ok(lstatSync(copy("deep", "empty")).isDirectory());
  writeFileSync(copy("deep", "file"), "changed by a task");
  rmSync(copy("program"));
  const three = worktree("1");
  assert.equal(await (await cache(three)).use(), true);
  assert.equal(readFileSync(path.join(three, "modules", "deep", "file"), "utf8"), "one");
  assert.equal(await (await cache(other)).use(), false, "another lock file");
  assert.equal(await (await cache(two, {}, "install --all")).use(), false, "another command");
  assert.equal(await (await cache(two, { paths: ["b2"] })).use(), false, "other directories");
});

test("what was changed since it was kept is thrown away, also with its old time", async (t) => {
  const { worktree, cache, kept, directory } = world(t);
  const top = worktree("1");
  install(top);
  const file = (): string => path.join(directory, kept()[0] ?? "", "files", "0", "deep", "file");
  const harms: (() => void)[] = [
    () => appendFileSync(file(), "!"),
    () => {
      const { atime, mtime } = statSync(file());
      writeFileSync(file(), "two");
      utimesSync(file(), atime, mtime);
    },
    () => rmSync(file()),
    () => writeFileSync(path.join(path.dirname(file()), "more"), ""),
    () => linkSync(file(), path.join(directory, "held")),
    () => rmSync(path.join(directory, kept()[0] ?? "", "manifest.json")),
    () => writeFileSync(path.join(directory, kept()[0] ?? "", "manifest.json"), "{"),
  ];
  for (const harm of harms) {
    assert.equal(await (await cache(top)).store(), null);
    harm();
    const fresh = worktree("1");
    assert.match(String(await (await cache(fresh)).use()), /^What was kept of the set-up is not used: it was changed/, String(harm));
    assert.equal(existsSync(path.join(fresh, "modules")), false);
    rmSync(path.join(directory, "held"), { force: true });
    assert.deepEqual(kept(), []);
  }
  assert.equal(await (await cache(top)).store(), null, "and it is kept again");
});

test("what another worktree could not have is not kept", async (t) => {
  const { worktree, cache, kept, place, ours, directory } = world(t);
  const top = worktree("1");
  assert.match((await (await cache(top)).store()) ?? "", /modules is not a directory of the worktree/);
  install(top);
  symlinkSync(path.join(top, "a"), path.join(top, "modules", "absolute"));
  assert.match((await (await cache(top)).store()) ?? "", /absolute is a link that names this worktree/);
  rmSync(path.join(top, "modules", "absolute"));
  symlinkSync("../../outside", path.join(top, "modules", "out"));
  assert.match((await (await cache(top)).store()) ?? "", /out is a link that leads out of the worktree/);
  rmSync(path.join(top, "modules", "out"));
  symlinkSync("/usr/bin/env", path.join(top, "modules", "env"));
  assert.equal(await (await cache(top)).store(), null, "a program of the system is no part of the worktree");
  assert.equal(kept().length, 1);
  const { signal } = new AbortController();
  const open = async (paths: string[], key = ["lock"]): Promise<unknown> =>
    await SetupCache.open({ order: { key, paths, directory }, command: "x", top, git: ours().in(top), trash: place.home, signal });
  assert.match(String(await open(["deep"])), /deep\/c is a file of the commit/);
  assert.match(String(await open(["modules"], ["nope", "deep"])), /nope, deep is not there/);
});

test("a directory that is a link in the worktree is not written through", async (t) => {
  const { worktree, cache, place } = world(t);
  const [one, two] = [worktree("1"), worktree("1")];
  const paths = { paths: ["web/modules"] };
  mkdirSync(path.join(one, "web", "modules"), { recursive: true });
  writeFileSync(path.join(one, "web", "modules", "x"), "x");
  assert.equal(await (await cache(one, paths)).store(), null);
  const outside = place.workdir("outside");
  symlinkSync(outside, path.join(two, "web"));
  assert.match(String(await (await cache(two, paths)).use()), /the directory of web\/modules is something else in the worktree/);
  assert.deepEqual(readdirSync(outside), []);
});

test("only the states that were used last are kept", async (t) => {
  const { worktree, cache, kept, directory } = world(t);
  mkdirSync(path.join(directory, ".draft-dead"), { recursive: true });
  utimesSync(path.join(directory, ".draft-dead"), 1, 1);
  const away = path.join(path.dirname(directory), "away-1a2b", "0".repeat(32));
  mkdirSync(away, { recursive: true });
  writeFileSync(path.join(away, "manifest.json"), "{}");
  utimesSync(path.join(away, "manifest.json"), 1, 1);
  const age = (days: number): void => {
    for (const name of kept()) {
      const file = path.join(directory, name, "manifest.json");
      if (!existsSync(file)) continue;
      const { mtimeMs } = statSync(file);
      utimesSync(file, new Date(), new Date(mtimeMs - days * 86_400_000));
    }
  };
  for (const lock of ["1", "2", "3", "4", "5"]) {
    const top = worktree(lock);
    install(top, lock);
    assert.equal(await (await cache(top)).store(), null);
    age(1);
  }
  assert.equal(kept().length, 3);
  assert.deepEqual(await Promise.all(["1", "2", "3", "4", "5"].map(async (lock) => await (await cache(worktree(lock))).use())), [
    false,
    false,
    true,
    true,
    true,
  ]);
  assert.equal(existsSync(away), false, "nobody has used it for a month");
});
