import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { includeFiles, includeLimits } from "../../src/git/include-files.ts";
import type { Included, IncludeOrder } from "../../src/git/include-files.ts";
import { gitRepository } from "../../testing/git-repository.ts";
import type { TestRepository } from "../../testing/git-repository.ts";

interface World extends TestRepository {
  readonly to: string;
  include(more?: Partial<IncludeOrder>): Promise<Included | null>;
}

/** A repository that ignores `.env`, `*.key`, `build/` and `cache`, and a worktree of it. */
function world(t: TestContext): World {
  const repository = gitRepository(t);
  repository.write(".gitignore", ".env\n*.key\nbuild/\ncache\n");
  repository.git("add", ".");
  repository.git("commit", "-qm", "ignore");
  const to = path.join(repository.place.dataHome, "worktree");
  repository.git("worktree", "add", "-q", "-b", "cw/1", to);
  const include = async (more: Partial<IncludeOrder> = {}): Promise<Included | null> =>
    await includeFiles(repository.ours(), { from: repository.top, to, except: [], limits: includeLimits, ...more });
  return { ...repository, to, include };
}

function whyOf(included: Included | null): Record<string, string> {
  return Object.fromEntries((included?.leftOut ?? []).map(({ path: name, why }) => [name, why]));
}

test("ignored files that .worktreeinclude names are in the worktree", async (t) => {
  const { write, include, to, file, git } = world(t);
  assert.equal(await include(), null, "there is no such file");
  write(".worktreeinclude", "# what a task needs\n.env\n*.key\n!deep/no.key\nbuild/out/\nb\nnotes\n");
  for (const name of [".env", "deep/.env", "a.key", "deep/no.key", "deep/yes.key", "build/out/lib", "build/other", "notes"])
    write(name, name);
  write("b", "changed\n");
  utimesSync(file("a.key"), 1_000, 2_000);
  assert.partialDeepStrictEqual(await include(), { files: 5, leftOut: [] });
  for (const name of [".env", "deep/.env", "a.key", "deep/yes.key", "build/out/lib"])
    assert.equal(readFileSync(path.join(to, name), "utf8"), name);
  for (const name of ["deep/no.key", "build/other", "notes"]) assert.equal(existsSync(path.join(to, name)), false, name);
  assert.equal(readFileSync(path.join(to, "b"), "utf8"), "b\n", "a tracked file is the commit's");
  assert.equal(statSync(path.join(to, "a.key")).mtimeMs, 2_000_000);
  assert.equal(git("-C", to, "status", "--porcelain"), "");
  writeFileSync(path.join(to, ".env"), "the task's");
  writeFileSync(file(".env"), "newer");
  assert.partialDeepStrictEqual(await include(), { files: 0, leftOutCount: 0 });
  assert.equal(readFileSync(path.join(to, ".env"), "utf8"), "the task's", "nothing is overwritten");
  writeFileSync(path.join(to, "a.key"), "");
  assert.notEqual(statSync(path.join(to, "a.key")).ino, statSync(file("a.key")).ino);
  assert.equal(readFileSync(file("a.key"), "utf8"), "a.key", "a copy shares nothing");
});

test("no link is followed out of either tree", async (t) => {
  const { write, include, to, file, place, git } = world(t);
  const outside = place.workdir("outside");
  writeFileSync(path.join(outside, "secret"), "secret");
  write(".worktreeinclude", "*.key\ncache\n.env\n");
  symlinkSync(path.join(outside, "secret"), file("absolute.key"));
  symlinkSync("../outside/secret", file("relative.key"));
  symlinkSync("yes.key", file("inside.key"));
  write("yes.key", "yes");
  symlinkSync(outside, file("cache"));
  // In the worktree's commit `deep` is a link, in the checkout it is a directory.
  git("-C", to, "rm", "-rq", "deep");
  symlinkSync(outside, path.join(to, "deep"));
  write("deep/.env", "x");
  const found = await include();
  assert.partialDeepStrictEqual(found, { files: 2, leftOutCount: 4 });
  assert.deepEqual(whyOf(found), {
    "absolute.key": "is a link that leads out of the repository",
    cache: "is a link that leads out of the repository",
    "deep/.env": "lies in a directory that is something else in the worktree",
    "relative.key": "is a link that leads out of the repository",
  });
  assert.equal(existsSync(path.join(outside, ".env")), false);
  assert.equal(readlinkSync(path.join(to, "inside.key")), "yes.key");
  assert.ok(lstatSync(path.join(to, "yes.key")).isFile());
});

test("files beyond the limits are left out and named", async (t) => {
  const { write, include, to, file } = world(t);
  write(".worktreeinclude", "*.key\n");
  for (const name of ["a.key", "b.key", "c.key"]) write(name, "");
  truncateSync(file("b.key"), 3_000_000);
  const limits = { fileBytes: 2_000_000, totalBytes: 1e9, files: 10 };
  assert.deepEqual(whyOf(await include({ limits })), { "b.key": "has more than 2 MB" });
  assert.equal(existsSync(path.join(to, "c.key")), true);
  for (const name of ["d.key", "e.key"]) write(name, "d");
  const few = await include({ limits: { ...includeLimits, files: 1 }, except: ["e.key"] });
  assert.equal((few?.files ?? 0) + (few?.leftOutCount ?? 0), 2, "b and d; e is excepted");
  assert.match(few?.leftOut[0]?.why ?? "", /more than 1 files/);
});

test("a repository inside, and .git itself, stay out", async (t) => {
  const { write, include, to, file, git } = world(t);
  write(".worktreeinclude", "*\n");
  mkdirSync(file("cache"));
  git("-C", file("cache"), "init", "-q");
  write("cache/x", "x");
  write(".env", "e");
  assert.partialDeepStrictEqual(await include(), { files: 1 });
  assert.equal(existsSync(path.join(to, "cache")), false);
});
