import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Objects } from "../../src/git/objects.ts";
import { filesOf, pathsBetween } from "../../src/git/path-list.ts";
import { lookAtPlan, obstaclesOf, planPutBack, putBack } from "../../src/git/put-back.ts";
import type { PutBackPlan } from "../../src/git/put-back.ts";
import { FileReplacer, FilesMoved, lookAt } from "../../src/git/replace-files.ts";
import { gitRepository } from "../../testing/git-repository.ts";
import type { TestRepository } from "../../testing/git-repository.ts";
import { makeHostile } from "../../testing/hostile-repository.ts";

function commitAll({ git }: TestRepository): string {
  git("add", "-A");
  git("commit", "-qm", "x");
  return git("rev-parse", "HEAD");
}

async function planOf(objects: Objects, from: string, to: string): Promise<PutBackPlan> {
  return planPutBack(await pathsBetween(objects, from, to), await filesOf(objects, from), await filesOf(objects, to));
}

async function carryOut(repository: TestRepository, from: string, to: string): Promise<PutBackPlan> {
  const objects = new Objects(repository.program, repository.file(".git"));
  const plan = await planOf(objects, from, to);
  assert.deepEqual(obstaclesOf(repository.top, plan, await filesOf(objects, from)), []);
  await putBack(await repository.open(), plan, path.join(repository.place.home, "index"), lookAtPlan(repository.top, plan));
  return plan;
}

test("every kind of file is put back, and index and HEAD stay", async (t) => {
  const repository = gitRepository(t);
  const { write, file, git, read } = repository;
  chmodSync(file("b"), 0o755);
  symlinkSync("a", file("link"));
  writeFileSync(Buffer.concat([Buffer.from(`${repository.top}/`), Buffer.from([0xff])]), "bytes\n");
  const to = commitAll(repository);
  write("a", "changed\n");
  chmodSync(file("b"), 0o644);
  rmSync(file("link"));
  write("link/inside", "a directory now\n");
  rmSync(file("deep"), { recursive: true });
  write("deep", "a file now\n");
  rmSync(Buffer.concat([Buffer.from(`${repository.top}/`), Buffer.from([0xff])]));
  const from = commitAll(repository);
  git("checkout", "-q", "-b", "other");
  const state = (): string[] => [git("rev-parse", "HEAD"), git("symbolic-ref", "HEAD"), git("ls-files", "--stage")];
  const before = state();
  await carryOut(repository, from, to);
  assert.deepEqual(state(), before);
  assert.deepEqual([read("a"), read("deep/c"), readlinkSync(file("link"))], ["a\n", "deep/c\n", "a"]);
  assert.equal(statSync(file("b")).mode & 0o111, 0o111);
  assert.equal(readFileSync(Buffer.concat([Buffer.from(`${repository.top}/`), Buffer.from([0xff])]), "utf8"), "bytes\n");
  git("add", "-A");
  assert.equal(git("diff", "--cached", "--name-only", to), "");
  const again = await planOf(new Objects(repository.program, file(".git")), to, to);
  assert.deepEqual(again, { write: [], remove: [], leftAlone: [] });
});

test("no hook or monitor of a hostile repository runs when files are put back", async (t) => {
  const repository = gitRepository(t);
  const { write, file, git, read } = repository;
  const to = git("rev-parse", "HEAD");
  write("a", "changed\n");
  write("new", "new\n");
  rmSync(file("b"));
  const from = commitAll(repository);
  const trap = makeHostile(repository);
  // Filters may run where files are written: they are a part of a checkout.
  rmSync(file(".git/info/attributes"));
  await carryOut(repository, from, to);
  assert.deepEqual(trap.ran(), []);
  assert.deepEqual([read("a"), read("b"), lstatSync(file("new"), { throwIfNoEntry: false })], ["a\n", "b\n", undefined]);
});

/** A person who saves while git makes the new files: a filter runs then. */
function savesDuring({ git, file, place }: TestRepository, script: string): void {
  const filter = path.join(place.home, "filter");
  writeFileSync(filter, `#!/bin/sh\ncd '${path.dirname(file("a"))}'\n${script}\ncat\n`, { mode: 0o755 });
  git("config", "filter.save.smudge", filter);
  writeFileSync(file(".git/info/attributes"), "a filter=save\n");
}

test("a file that a person saves in the same moment is neither overwritten nor removed", async (t) => {
  const saves: [string, string, string][] = [
    ["b", "echo mine > b", "mine\n"],
    ["b", "echo mine > b.new; mv b.new b", "mine\n"],
    ["new", "echo mine >> new", "new\nmine\n"],
    ["gone", "echo mine > gone", "mine\n"],
    ["a", "echo mine > a", "mine\n"],
  ];
  for (const [name, script, content] of saves) {
    const repository = gitRepository(t);
    const { write, file, read } = repository;
    write("gone", "gone\n");
    const to = commitAll(repository);
    for (const each of ["a", "b"]) write(each, "changed\n");
    write("new", "new\n");
    rmSync(file("gone"));
    const from = commitAll(repository);
    const others = (): (string | null)[] =>
      ["a", "b", "new", "gone"].filter((each) => each !== name).map((each) => (existsSync(file(each)) ? read(each) : null));
    const before = others();
    savesDuring(repository, script);
    await assert.rejects(carryOut(repository, from, to), (error: Error) => {
      assert.ok(error instanceof FilesMoved);
      assert.equal(error.message, `Others changed these files in the same moment: ${name}. Nothing was changed. Try again.`);
      return true;
    });
    assert.deepEqual([read(name), others()], [content, before], script);
    assert.deepEqual(
      readdirSync(file(".git")).filter((each) => each.endsWith(".files")),
      [],
    );
  }
});

test("each file is compared again right before it is replaced", (t) => {
  const { top, write, read, file, place } = gitRepository(t);
  const drafts = place.workdir("drafts");
  for (const name of ["a", "b", "deep/c", "new"]) place.file(`drafts/files/${name}`, "old\n");
  const replacer = new FileReplacer(top, drafts, lookAt(top, ["a", "b", "deep/c", "new"]));
  replacer.write("a");
  write("b", "mine\n");
  write("deep/c", "mine\n");
  write("new", "mine\n");
  const expected = {
    message:
      /^Others changed these files in the same moment: .*\. They stay as they are; 1 other file was written or removed before\. Try again\.$/,
  };
  assert.throws(() => replacer.write("b"), expected);
  assert.throws(() => replacer.remove("deep/c"), expected);
  assert.throws(() => replacer.write("new"), expected);
  assert.deepEqual([read("a"), read("b"), read("deep/c"), read("new")], ["old\n", "mine\n", "mine\n", "mine\n"]);
  assert.equal(statSync(file("a")).nlink, 1);
});
