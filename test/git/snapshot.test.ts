import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { PrivateIndex } from "../../src/git/private-index.ts";
import { countChanges } from "../../src/git/count-changes.ts";
import { deleteRefs } from "../../src/git/snapshot-ref.ts";
import { takeSnapshot } from "../../src/git/snapshot.ts";
import type { Snapshot, SnapshotOrder } from "../../src/git/snapshot.ts";
import { gitRepository } from "../../testing/git-repository.ts";
import type { TestRepository } from "../../testing/git-repository.ts";
import { makeHostile } from "../../testing/hostile-repository.ts";
import { lfsPointer, useLfs } from "../../testing/lfs.ts";

const limits = { fileBytes: 20_000_000, totalBytes: 1_000_000_000 };

/** Takes snapshots of a repository, one after the other. */
function snapshots({ open, place }: TestRepository) {
  const file = path.join(place.home, "snapshots", "task_42.index");
  let [number, last]: [number, Snapshot | null] = [0, null];
  const take = async (more: Partial<SnapshotOrder> = {}): Promise<Snapshot | null> => {
    number += 1;
    const order = { repository: await open(), index: new PrivateIndex(file), refs: "refs/claude-worker/42/1", number, message: "x" };
    const taken = await takeSnapshot({ ...order, last, except: [], limits, timeoutMs: 30_000, ...more });
    last = taken ?? last;
    return taken;
  };
  const must = async (more: Partial<SnapshotOrder> = {}): Promise<Snapshot> => {
    const taken = await take(more);
    assert.ok(taken !== null);
    return taken;
  };
  return { take, must, file };
}

/** Everything of a repository that a snapshot must not touch. */
function untouched({ git, file }: TestRepository): unknown {
  const index = file(".git/index");
  return [git("rev-parse", "HEAD"), readFileSync(index).toString("base64"), String(statSync(index, { bigint: true }).mtimeNs)];
}

function filesOf({ git }: TestRepository, commit: string): string[] {
  return git("ls-tree", "-r", "--name-only", commit).split("\n");
}

test("a snapshot has tracked and untracked files, and touches nothing else", async (t) => {
  const repository = gitRepository(t);
  const { git, write, read, file } = repository;
  write(".gitignore", "ignored\n");
  write("a", "changed\n");
  write("new/ünï \n", "new\n");
  write("ignored", "x");
  write("staged", "staged\n");
  git("add", "staged");
  write("staged", "changed after it was staged\n");
  rmSync(file("b"));
  const before = untouched(repository);
  const { must, take } = snapshots(repository);
  const one = await must();
  assert.deepEqual(untouched(repository), before);
  assert.deepEqual([one.ref, one.head, one.branch, one.isDirty], ["refs/claude-worker/42/1/1", git("rev-parse", "HEAD"), "main", true]);
  const names = git("-c", "core.quotePath=false", "ls-tree", "-r", "-z", "--name-only", one.commit).split("\0");
  assert.deepEqual(names.filter(Boolean).toSorted(), [".gitignore", "a", "deep/c", "new/ünï \n", "staged"]);
  assert.equal(git("show", `${one.commit}:staged`), "changed after it was staged");
  assert.equal(git("rev-parse", `${one.commit}^`), one.head);
  assert.equal(git("rev-parse", one.ref), one.commit);
  assert.equal(await take(), null, "nothing has changed");
  write("a", "changed again\n");
  const two = await must();
  assert.equal(two.ref, "refs/claude-worker/42/1/3");
  assert.deepEqual(await countChanges((await repository.open()).git, one.commit, two.commit, 10_000), {
    files: 1,
    insertions: 1,
    deletions: 1,
  });
  git("commit", "-qam", "by the agent");
  const three = await must();
  assert.equal(three.head, git("rev-parse", "HEAD"), "a commit alone is a change, too");
  assert.equal(read("a"), "changed again\n");
});

test("work that was committed since the last snapshot is not dirty", async (t) => {
  const repository = gitRepository(t);
  const { git, write } = repository;
  const { must } = snapshots(repository);
  assert.equal((await must()).isDirty, false);
  write("a", "changed and committed\n");
  git("commit", "-qam", "before a snapshot saw it");
  assert.equal((await must()).isDirty, false);
  write("a", "changed\n");
  write("new", "");
  assert.equal((await must()).isDirty, true);
  git("commit", "-qam", "a alone");
  assert.equal((await must()).isDirty, true, "new is not committed");
  git("add", ".");
  git("commit", "-qm", "new, too");
  assert.equal((await must()).isDirty, false);
});

test("a file that changed in the moment in which the index was written is read again", async (t) => {
  const repository = gitRepository(t);
  const { git, write, file } = repository;
  git("config", "core.trustctime", "false");
  const moment = 1_700_000_000;
  utimesSync(file("a"), moment, moment);
  git("add", "a");
  write("a", "b\n");
  utimesSync(file("a"), moment, moment);
  utimesSync(file(".git/index"), moment, moment);
  const { commit } = await snapshots(repository).must();
  assert.equal(git("show", `${commit}:a`), "b");
});

test("a snapshot is of the whole work tree, also for a task in a directory below", async (t) => {
  const repository = gitRepository(t);
  repository.write("deep/new", "");
  repository.write("beside", "");
  const { must } = snapshots(repository);
  const { commit } = await must({ repository: await repository.open("deep") });
  assert.deepEqual(filesOf(repository, commit), ["a", "b", "beside", "deep/c", "deep/new"]);
});

test("every kind of change between two snapshots is seen", async (t) => {
  const repository = gitRepository(t);
  const { write, file, git } = repository;
  const { must } = snapshots(repository);
  await must();
  rmSync(file("a"));
  write("a/b", "a directory now\n");
  rmSync(file("deep"), { recursive: true });
  write("deep", "a file now\n");
  chmodSync(file("b"), 0o755);
  symlinkSync("b", file("link"));
  mkdirSync(file("empty"));
  const two = await must();
  const lines = git("ls-tree", "-r", two.commit)
    .split("\n")
    .map((line) => line.replace(/ [0-9a-f]{40}/, ""));
  assert.deepEqual(lines, ["100644 blob\ta/b", "100755 blob\tb", "100644 blob\tdeep", "120000 blob\tlink"]);
  renameSync(file("b"), file("c"));
  rmSync(file("link"));
  symlinkSync("/nowhere", file("b"));
  const three = await must();
  assert.deepEqual(filesOf(repository, three.commit), ["a/b", "b", "c", "deep"]);
  assert.equal(git("show", `${three.commit}:b`), "/nowhere");
});

test("files that the index hides are in the snapshots, and stay hidden there", async (t) => {
  const repository = gitRepository(t);
  const { git, write, file } = repository;
  git("update-index", "--assume-unchanged", "a");
  git("update-index", "--skip-worktree", "b", "deep/c");
  write("a", "mine\n");
  write("b", "mine, too\n");
  rmSync(file("deep"), { recursive: true });
  const before = [untouched(repository), git("ls-files", "-v")];
  const { must } = snapshots(repository);
  const one = await must();
  assert.deepEqual([git("show", `${one.commit}:a`), git("show", `${one.commit}:b`)], ["mine", "mine, too"]);
  assert.ok(filesOf(repository, one.commit).includes("deep/c"), "a file of a sparse checkout that is not there counts as it was");
  write("a", "of the task\n");
  write("b", "mine, two\n");
  const two = await must();
  assert.equal(git("diff-tree", "-r", "--name-only", one.commit, two.commit), "a\nb");
  assert.deepEqual([untouched(repository), git("ls-files", "-v")], before);
});

test("no program of a hostile repository runs for a snapshot", async (t) => {
  const repository = gitRepository(t);
  const trap = makeHostile(repository);
  const { must } = snapshots(repository);
  repository.write("a", "b\n");
  repository.write("new", "new\n");
  const { commit } = await must();
  repository.write("new", "newer\n");
  const two = await must();
  await countChanges((await repository.open()).git, commit, two.commit, 10_000);
  await deleteRefs((await repository.open()).git, [two]);
  assert.deepEqual(trap.ran(), []);
  assert.equal((await repository.ours().run(["cat-file", "blob", `${two.commit}:new`])).toString(), "newer\n");
});

test("large untracked files are left out and named, committed ones are not", async (t) => {
  const repository = gitRepository(t);
  const { write, file, git } = repository;
  const small = { limits: { ...limits, fileBytes: 1_000 } };
  write("committed", "x".repeat(2_000));
  git("add", ".");
  git("commit", "-qm", "large");
  write("committed", "y".repeat(2_000));
  write("large", "x".repeat(2_000));
  write("grows", "x");
  const { must, take } = snapshots(repository);
  const one = await must(small);
  assert.deepEqual(one.leftOut, [{ path: "large", why: "has 0.0 MB" }]);
  assert.deepEqual(filesOf(repository, one.commit), ["a", "b", "committed", "deep/c", "grows"]);
  assert.equal(git("show", `${one.commit}:committed`), "y".repeat(2_000));
  assert.equal(await take(small), null, "what is left out is no change");
  write("large2", "x".repeat(2_000));
  const named = await must(small);
  assert.deepEqual([named.tree, named.leftOut.map((each) => each.path)], [one.tree, ["large", "large2"]], "but it is named");
  rmSync(file("large2"));
  write("grows", "x".repeat(2_000));
  const two = await must(small);
  assert.deepEqual(two.leftOut.map((each) => each.path).toSorted(), ["grows", "large"]);
  assert.deepEqual(filesOf(repository, two.commit), ["a", "b", "committed", "deep/c"]);
  truncateSync(file("large"), 10);
  assert.ok(filesOf(repository, (await must(small)).commit).includes("large"));
  await assert.rejects(take({ limits: { fileBytes: 1e9, totalBytes: 1_000 } }), /1 untracked files have 0\.0 MB together\. List/);
});

test("a large file that was committed since the last snapshot is in the next one", async (t) => {
  const repository = gitRepository(t);
  const { write, git } = repository;
  const { must } = snapshots(repository);
  const small = { limits: { ...limits, fileBytes: 1_000 } };
  await must(small);
  write("large", "x".repeat(2_000));
  git("add", ".");
  git("commit", "-qm", "large");
  const { commit, tree, leftOut } = await must(small);
  assert.deepEqual([leftOut, tree], [[], git("rev-parse", "HEAD^{tree}")]);
  write("large", "y".repeat(2_000));
  assert.equal(git("show", `${(await must(small)).commit}:large`), "y".repeat(2_000));
  assert.equal(git("show", `${commit}:large`), "x".repeat(2_000));
});

test("a file of Git LFS that is as it was committed is no change", async (t) => {
  const repository = gitRepository(t);
  const { write, git, top, read } = repository;
  useLfs(git, top);
  write("old.bin", "old content");
  git("add", ".");
  git("commit", "-qm", "with LFS");
  const { must, take } = snapshots(repository);
  await must();
  write("old.bin", "old content");
  assert.equal(await take(), null, "it was written again");
  write("new.bin", "new content");
  git("add", ".");
  git("commit", "-qm", "a new one");
  const { tree, isDirty } = await must();
  assert.deepEqual([tree, isDirty], [git("rev-parse", "HEAD^{tree}"), false]);
  assert.match(git("show", "HEAD:new.bin"), lfsPointer);
  assert.equal(await take(), null);
  write("new.bin", "not committed");
  assert.equal(git("show", `${(await must()).commit}:new.bin`), read("new.bin"));
});

test("repositories inside of the tree are recorded by their commit and named", async (t) => {
  const repository = gitRepository(t);
  const { write, git } = repository;
  const inner = gitRepository(t, { name: "inner" });
  git("-c", "protocol.file.allow=always", "submodule", "add", "-q", inner.top, "module");
  git("commit", "-qm", "module");
  git("clone", "-q", inner.top, "nested");
  git("init", "-q", "without commits");
  write("nested/new", "");
  const { must, take } = snapshots(repository);
  const one = await must();
  const links = (commit: string): string[] =>
    git("ls-tree", "-r", commit)
      .split("\n")
      .filter((line) => line.startsWith("160000"));
  assert.deepEqual(
    links(one.commit).map((line) => line.split("\t")[1]),
    ["module", "nested"],
  );
  assert.deepEqual(
    one.leftOut.map((each) => each.path),
    ["nested/", "without commits/"],
  );
  assert.equal(await take(), null);
  inner.write("a", "changed\n");
  inner.git("commit", "-qam", "second");
  for (const name of ["module", "nested"]) repository.git("-C", name, "pull", "-q");
  const two = await must();
  assert.notDeepEqual(links(two.commit), links(one.commit));
});

test("a worktree of the same repository inside of the tree is no change of it", async (t) => {
  const repository = gitRepository(t);
  const { write, git } = repository;
  git("worktree", "add", "-q", "-b", "of-a-subagent", ".claude/worktrees/agent-1");
  write(".claude/worktrees/agent-1/new", "of the subagent\n");
  const { must, take } = snapshots(repository);
  const clean = await must();
  assert.deepEqual([clean.isDirty, clean.tree], [false, git("rev-parse", "HEAD^{tree}")]);
  assert.deepEqual(clean.leftOut, [{ path: ".claude/worktrees/agent-1/", why: "is a worktree of its own: nothing of it is kept" }]);
  git("-C", ".claude/worktrees/agent-1", "commit", "-q", "--allow-empty", "-m", "of the subagent");
  assert.equal(await take(), null, "its commits are none of the tree around it");
  write("new", "new\n");
  const dirty = await must();
  assert.deepEqual([dirty.isDirty, filesOf(repository, dirty.commit)], [true, ["a", "b", "deep/c", "new"]]);
});

test("repositories in unusual states have snapshots", async (t) => {
  const empty = gitRepository(t, { commit: false });
  empty.write("a", "first\n");
  const first = await snapshots(empty).must();
  assert.deepEqual([first.head, first.branch, filesOf(empty, first.commit)], [null, "main", ["a"]]);

  const detached = gitRepository(t);
  detached.git("checkout", "-q", "--detach");
  assert.deepEqual([(await snapshots(detached).must()).branch], [null]);

  const conflict = gitRepository(t);
  conflict.git("checkout", "-qb", "other");
  conflict.write("a", "theirs\n");
  conflict.git("commit", "-qam", "theirs");
  conflict.git("checkout", "-q", "main");
  conflict.write("a", "ours\n");
  conflict.git("commit", "-qam", "ours");
  assert.throws(() => conflict.git("merge", "-q", "other"));
  const status = conflict.git("status", "--porcelain");
  const merged = await snapshots(conflict).must();
  assert.match(conflict.git("show", `${merged.commit}:a`), /<<<<<<< HEAD\nours/);
  assert.equal(conflict.git("status", "--porcelain"), status);

  const sparse = gitRepository(t);
  sparse.git("sparse-checkout", "set", "--no-cone", "/a");
  sparse.write("a", "changed\n");
  assert.deepEqual(filesOf(sparse, (await snapshots(sparse).must()).commit), ["a", "b", "deep/c"]);

  const split = gitRepository(t);
  split.git("update-index", "--split-index");
  split.git("config", "core.splitIndex", "true");
  const shared = split.git("ls-files").length;
  split.write("new", "");
  const files = (): string[] => readdirSync(split.file(".git")).filter((name) => name.startsWith("sharedindex"));
  const before = files();
  assert.ok(filesOf(split, (await snapshots(split).must()).commit).includes("new"));
  assert.deepEqual([files(), split.git("ls-files").length], [before, shared]);

  const lines = gitRepository(t);
  lines.git("config", "core.autocrlf", "true");
  lines.git("config", "core.safecrlf", "true");
  lines.write("a", "one\r\ntwo\nthree\r\n");
  assert.equal(lines.git("show", `${(await snapshots(lines).must()).commit}:a`), "one\ntwo\nthree");
});

test("what a killed git left does not stand in the way", async (t) => {
  const repository = gitRepository(t);
  const { must, file } = snapshots(repository);
  await must();
  writeFileSync(`${file}.lock`, "");
  repository.write("a", "2\n");
  await must();
  writeFileSync(file, "not an index");
  repository.write("a", "3\n");
  await must();
  // The index knows objects that are gone: its snapshots were pruned.
  const blob = repository.git("hash-object", "a");
  repository.write("b", "4\n");
  rmSync(repository.file(`.git/objects/${blob.slice(0, 2)}/${blob.slice(2)}`));
  assert.equal(repository.git("show", `${(await must()).commit}:a`), "3");
  assert.equal(existsSync(`${file}.lock`), false);
});

test("a ref that is taken is passed over, and only our commits are deleted", async (t) => {
  const repository = gitRepository(t);
  const { git, write, open } = repository;
  const head = git("rev-parse", "HEAD");
  for (const number of [1, 2, 7]) git("update-ref", `refs/claude-worker/42/1/${number}`, head);
  const { must } = snapshots(repository);
  const one = await must();
  assert.equal(one.ref, "refs/claude-worker/42/1/8");
  write("a", "2\n");
  const two = await must({ number: 9 });
  await deleteRefs((await open()).git, [one, { ref: two.ref, commit: head }, { ref: "refs/claude-worker/42/1/99", commit: head }]);
  const left = git("for-each-ref", "--format=%(refname)", "refs/claude-worker/").split("\n");
  assert.deepEqual(
    left.map((name) => name.slice(-1)),
    ["1", "2", "7", "9"],
  );
});

test("files of the server in the work tree are not in a snapshot", async (t) => {
  const repository = gitRepository(t);
  repository.write("data [1]/tasks.db", "");
  repository.write("data 1/file", "");
  const { commit } = await snapshots(repository).must({ except: ["data [1]"] });
  assert.deepEqual(filesOf(repository, commit), ["a", "b", "data 1/file", "deep/c"]);
});

test("a file that git passes over, or cannot read, is named, and the others are kept", async (t) => {
  const repository = gitRepository(t);
  const { write, file } = repository;
  const { take, must } = snapshots(repository);
  await must();
  for (const name of ["git~1", "deep/.git./file", "new"]) write(name, "x");
  symlinkSync("a", file(".gitmodules"));
  rmSync(file("b"));
  execFileSync("mkfifo", [file("b")]);
  write(".gitattributes", "*.wide working-tree-encoding=UTF-16\n");
  write("bad.wide", "no mark of the order of bytes\n");
  const names = [".gitmodules", "bad.wide", "b", "deep/.git./file", "git~1"].toSorted();
  const taken = await must();
  assert.deepEqual(filesOf(repository, taken.commit), [".gitattributes", "a", "deep/c", "new"]);
  assert.deepEqual(taken.leftOut.map(({ path: name }) => name).toSorted(), names);
  write("new", "y");
  const next = await take();
  const known = names.filter((name) => name !== "b");
  assert.deepEqual(next?.leftOut.map(({ path: name }) => name).toSorted(), known, "also the next time; a pipe has no content");
});

test("a git that was killed while it named a snapshot keeps no later one from it", async (t) => {
  const repository = gitRepository(t);
  const { must } = snapshots(repository);
  mkdirSync(repository.file(".git/refs/claude-worker/42/1"), { recursive: true });
  writeFileSync(repository.file(".git/refs/claude-worker/42/1/1.lock"), "");
  const { ref, commit } = await must();
  assert.deepEqual([ref, repository.git("rev-parse", ref)], ["refs/claude-worker/42/1/1", commit]);
  assert.equal(existsSync(repository.file(".git/refs/claude-worker/42/1/1.lock")), false);
});
