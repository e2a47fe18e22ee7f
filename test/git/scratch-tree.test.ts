import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { ApplyWay } from "../../src/domain/workspace/apply.ts";
import { computeApply } from "../../src/git/scratch-tree.ts";
import type { WorkToApply } from "../../src/git/scratch-tree.ts";
import { gitRepository } from "../../testing/git-repository.ts";

/** How the last commit of a repository is put on another one. */
function workOf(top: string, way: ApplyWay, commits: Pick<WorkToApply, "onto" | "base" | "head">): WorkToApply {
  const places = { repository: path.join(top, ".git"), directory: path.join(top, ".git", "scratch") };
  return { way, ...places, ...commits, snapshot: commits.head, applied: null, message: "The work\n" };
}

test("work fits where the target has no history in common with it", async (t) => {
  const { git, top, write, program } = gitRepository(t);
  const base = git("rev-parse", "HEAD");
  // A fetch of one commit leaves a target like this.
  write("theirs", "theirs\n");
  git("add", ".");
  const onto = git("commit-tree", git("write-tree"), "-m", "shallow");
  git("rm", "-q", "--cached", "theirs");
  write("a", "changed\n");
  git("commit", "-qam", "work");
  const head = git("rev-parse", "HEAD");
  for (const way of ["squash", "rebase"] as const) {
    const done = await computeApply(program, workOf(top, way, { onto, base, head }));
    assert.equal(git("diff", "--name-only", onto, done?.commit ?? ""), "a", way);
    assert.equal(git("rev-list", "--count", done?.commit ?? ""), "2", way);
  }
});

test("what a partial clone lacks of the target is fetched", async (t) => {
  const source = gitRepository(t);
  source.git("config", "uploadpack.allowFilter", "true");
  source.git("switch", "-qc", "other");
  source.write("b", "of the other branch\n");
  source.git("commit", "-qam", "other");
  source.git("switch", "-q", "main");
  const { place, program, git } = gitRepository(t, { name: "unused" });
  const top = path.join(place.directory, "clone");
  git("clone", "-q", "--filter=blob:none", `file://${source.top}`, top);
  const inClone = (...args: string[]): string => git("-C", top, ...args);
  const onto = inClone("rev-parse", "origin/other");
  const missing = (): string => inClone("rev-list", "--objects", "--missing=print", onto);
  assert.match(missing(), /^\?/m);
  const base = inClone("rev-parse", "HEAD");
  writeFileSync(path.join(top, "a"), "changed\n");
  inClone("commit", "-qam", "work");
  const head = inClone("rev-parse", "HEAD");
  const done = await computeApply(program, workOf(top, "squash", { onto, base, head }));
  assert.equal(inClone("show", `${done?.commit ?? ""}:b`), "of the other branch");
});

test("a clone that was not committed is left out, and a submodule is not", async (t) => {
  const { git, top, program, write } = gitRepository(t);
  const library = gitRepository(t, { name: "library" });
  const base = git("rev-parse", "HEAD");
  git("clone", "-q", library.top, "own");
  git("-c", "protocol.file.allow=always", "submodule", "add", "-q", library.top, "module");
  write("a", "changed\n");
  git("add", "-A");
  // What a snapshot of these files has; the task has committed nothing.
  const head = base;
  const snapshot = git("commit-tree", git("write-tree"), "-p", base, "-m", "snapshot");
  const onto = git("commit-tree", `${base}^{tree}`, "-p", base, "-m", "theirs");
  const done = await computeApply(program, { ...workOf(top, "squash", { onto, base, head }), snapshot });
  assert.equal(git("diff", "--name-only", onto, done?.commit ?? ""), ".gitmodules\na\nmodule");
  // A commit of the task has it on purpose.
  const committed = await computeApply(program, workOf(top, "squash", { onto, base, head: snapshot }));
  assert.equal(git("diff", "--name-only", onto, committed?.commit ?? ""), ".gitmodules\na\nmodule\nown");
});
