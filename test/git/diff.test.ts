import assert from "node:assert/strict";
import { chmodSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import type { FileHunks } from "../../src/domain/workspace/diff.ts";
import { changedFilesBetween } from "../../src/git/changed-paths.ts";
import type { ChangedFile } from "../../src/git/changed-paths.ts";
import { hunksOf } from "../../src/git/file-hunks.ts";
import { Objects } from "../../src/git/objects.ts";
import { readPatch } from "../../src/git/read-patch.ts";
import { gitRepository } from "../../testing/git-repository.ts";
import type { TestRepository } from "../../testing/git-repository.ts";
import { makeHostile } from "../../testing/hostile-repository.ts";

function commitAll({ git }: TestRepository): string {
  git("add", "-A");
  git("commit", "-qm", "x", "--allow-empty");
  return git("rev-parse", "HEAD");
}

async function diffOf({ program, file }: TestRepository, from: string, to: string): Promise<(ChangedFile & FileHunks)[]> {
  const objects = new Objects(program, file(".git"));
  const files = await changedFilesBetween(objects, from, to);
  const hunks = await hunksOf(objects, { from, to }, files);
  return files.map((each, at) => ({ ...each, ...(hunks[at] as FileHunks) }));
}

test("the settings with which a person's git shows differences do not count", async (t) => {
  const repository = gitRepository(t);
  const { git, write, place } = repository;
  const from = git("rev-parse", "HEAD");
  write("a", "changed\n");
  write("new", "new\n");
  const to = commitAll(repository);
  const plain = await diffOf(repository, from, to);
  const settings = {
    color: ["ui=always"],
    diff: ["noprefix=true", "mnemonicPrefix=true", "renames=copies", "orderFile=new", "relative=true"],
  };
  const own = {
    merge: ["ff=only"],
    log: ["decorate=full", "follow=true"],
    core: ["quotePath=false", "abbrev=4"],
    i18n: ["logOutputEncoding=latin1"],
  };
  const lines = Object.entries({ ...settings, ...own }).map(
    ([name, values]) => `[${name}]\n${values.map((each) => ` ${each}\n`).join("")}`,
  );
  place.file("home/.gitconfig", lines.join(""));
  assert.deepEqual(await diffOf(repository, from, to), plain);
});

test("every kind of change has its names, modes, lines and hunks", async (t) => {
  const repository = gitRepository(t);
  const { write, file } = repository;
  write("long", Array.from({ length: 30 }, (_, n) => `line ${n}\n`).join(""));
  write("exchanged", "x");
  write("picture", "a\0b");
  write("ended", "no line end");
  const from = commitAll(repository);
  write("a", "changed\n");
  rmSync(file("b"));
  write("new", "-- one\n++ two\n");
  renameSync(file("long"), file('long "ünï"'));
  rmSync(file("exchanged"));
  symlinkSync("a", file("exchanged"));
  write("picture", "a\0c");
  write("ended", "no line end\n");
  chmodSync(file("deep/c"), 0o755);
  const found = await diffOf(repository, from, commitAll(repository));
  const brief = found.map(({ path, oldPath, status, oldMode, newMode, lines }) => [
    path,
    oldPath,
    status,
    oldMode,
    newMode,
    lines === null ? null : `${lines.insertions} ${lines.deletions}`,
  ]);
  assert.deepEqual(brief, [
    ["a", null, "modified", "100644", "100644", "1 1"],
    ["b", null, "deleted", "100644", null, "0 1"],
    ["deep/c", null, "modified", "100644", "100755", "0 0"],
    ["ended", null, "modified", "100644", "100644", "1 1"],
    ["exchanged", null, "type_changed", "100644", "120000", "1 1"],
    ['long "ünï"', "long", "renamed", "100644", "100644", "0 0"],
    ["new", null, "added", null, "100644", "2 0"],
    ["picture", null, "modified", "100644", "100644", null],
  ]);
  const shown = new Map(found.map(({ path, hunks, why }) => [path, hunks?.map(({ lines }) => lines) ?? why]));
  assert.deepEqual(shown.get("a"), [["-a", "+changed"]]);
  assert.deepEqual(shown.get("b"), [["-b"]]);
  assert.deepEqual(shown.get("deep/c"), []);
  assert.deepEqual(shown.get("ended"), [["-no line end", String.raw`\ No newline at end of file`, "+no line end"]]);
  assert.deepEqual(shown.get("exchanged"), [
    ["-x", String.raw`\ No newline at end of file`],
    ["+a", String.raw`\ No newline at end of file`],
  ]);
  assert.deepEqual(shown.get("new"), [["+-- one", "+++ two"]]);
  assert.equal(shown.get("picture"), "is a binary file");
});

test("a hunk says where its lines are", async (t) => {
  const repository = gitRepository(t);
  const lines = Array.from({ length: 40 }, (_, n) => `line ${n + 1}`);
  repository.write("a", `${lines.join("\n")}\n`);
  const from = commitAll(repository);
  repository.write("a", `${lines.with(4, "five").toSpliced(30, 1).join("\n")}\n`);
  const [file] = await diffOf(repository, from, commitAll(repository));
  const places = file?.hunks?.map(({ oldStart, oldLines, newStart, newLines, section }) => [
    oldStart,
    oldLines,
    newStart,
    newLines,
    section,
  ]);
  assert.deepEqual(places, [
    [2, 7, 2, 7, "line 1"],
    [28, 7, 28, 6, "line 27"],
  ]);
  assert.deepEqual(file?.hunks?.[0]?.lines, [" line 2", " line 3", " line 4", "-line 5", "+five", " line 6", " line 7", " line 8"]);
});

test("a diff runs no program of a hostile repository, and attributes hide nothing", async (t) => {
  const repository = gitRepository(t);
  const { write } = repository;
  write("a", "b\n");
  write(".gitattributes", "* -diff -text\n*.txt binary\n");
  write("notes.txt", "hidden\n");
  const [from, to] = [repository.git("rev-parse", "HEAD"), commitAll(repository)];
  const trap = makeHostile(repository);
  const found = await diffOf(repository, from, to);
  assert.deepEqual(trap.ran(), []);
  assert.deepEqual(
    found.map(({ path, hunks }) => [path, hunks?.[0]?.lines]),
    [
      [".gitattributes", ["+* -diff -text", "+*.txt binary"]],
      ["a", ["-a", "+b"]],
      ["notes.txt", ["+hidden"]],
    ],
  );
});

test("a file that is too large is counted and not shown", async (t) => {
  const repository = gitRepository(t);
  const from = repository.git("rev-parse", "HEAD");
  repository.write("many", "x\n".repeat(25_000));
  repository.write("wide", `${"x".repeat(1_100_000)}\n`);
  repository.write("huge", `${"y".repeat(17_000_000)}\n`);
  writeFileSync(Buffer.concat([Buffer.from(`${repository.top}/`), Buffer.from([0xff, 0x41])]), "z\n");
  repository.write("small", "s\n");
  const found = await diffOf(repository, from, commitAll(repository));
  assert.deepEqual(
    found.map(({ path, why, lines }) => [path, lines?.insertions, why]),
    [
      ["huge", 1, "changed too much to be shown"],
      ["many", 25_000, "has 25000 changed lines"],
      ["small", 1, null],
      ["wide", 1, "changed too much to be shown"],
      ["\ufffdA", 1, null],
    ],
  );
});

test("a diff needs no work tree, and a commit that is gone is named", async (t) => {
  const repository = gitRepository(t);
  const from = repository.git("rev-parse", "HEAD");
  repository.write("a", "b\n");
  const to = commitAll(repository);
  for (const name of ["a", "b", "deep"]) rmSync(repository.file(name), { recursive: true });
  assert.equal((await diffOf(repository, from, to)).length, 1);
  const objects = new Objects(repository.program, repository.file(".git"));
  await assert.rejects(objects.requireCommit("0".repeat(39) + "1", "Checkpoint 3"), /^GitProblem: Checkpoint 3 is not in the repository /);
});

test("lines of a patch that look like headers stay lines", () => {
  const text = [
    "diff --git a/x b/x",
    "--- a/x",
    "+++ b/x",
    "@@ -1,2 +1,3 @@ f",
    "---- a",
    "+diff --git a/y b/y",
    "+@@ -1 +1 @@",
    " b",
    "",
  ].join("\n");
  assert.deepEqual(
    readPatch(text).map((hunks) => hunks.map(({ lines }) => lines)),
    [[["---- a", "+diff --git a/y b/y", "+@@ -1 +1 @@", " b"]]],
  );
});
