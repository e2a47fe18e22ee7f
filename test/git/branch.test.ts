import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { checkoutOfBranch, moveBranch, tipOfBranch } from "../../src/git/branch.ts";
import { TargetMoved } from "../../src/git/checkout.ts";
import { Objects } from "../../src/git/objects.ts";
import { gitRepository } from "../../testing/git-repository.ts";

test("the work tree that has a branch checked out is found", async (t) => {
  const { git, top, place, program } = gitRepository(t);
  const objects = new Objects(program, path.join(top, ".git"));
  const odd = path.join(place.directory, "odd place\nof two lines");
  git("branch", "main-2");
  git("worktree", "add", "-q", "-b", "odd", odd);
  git("worktree", "add", "-q", "--detach", path.join(place.directory, "detached"));
  const found = await Promise.all(["main", "odd", "main-2", "ain", "nope"].map(async (each) => await checkoutOfBranch(objects, each)));
  assert.deepEqual(found, [top, odd, null, null, null]);
});

test("a worktree that was deleted without git has no branch checked out", async (t) => {
  const { git, top, place, program } = gitRepository(t);
  const objects = new Objects(program, path.join(top, ".git"));
  const gone = path.join(place.directory, "gone");
  git("worktree", "add", "-q", "-b", "dev", gone);
  rmSync(gone, { recursive: true });
  assert.equal(await checkoutOfBranch(objects, "dev"), null);
  git("worktree", "lock", gone);
  await assert.rejects(checkoutOfBranch(objects, "dev"), /gone has the branch dev, and is not there\. Bring it back, or forget it/);
});

test("the branch of a bare repository's HEAD is checked out nowhere", async (t) => {
  const { git, top, place, program } = gitRepository(t);
  const bare = path.join(place.directory, "bare.git");
  git("clone", "-q", "--bare", top, bare);
  const objects = new Objects(program, bare);
  assert.equal(await checkoutOfBranch(objects, "main"), null);
  const linked = path.join(place.directory, "linked");
  git("-C", bare, "worktree", "add", "-q", linked, "main");
  assert.equal(await checkoutOfBranch(objects, "main"), linked);
});

test("a branch moves only from the commit that it is expected at", async (t) => {
  const { git, top, program } = gitRepository(t);
  const objects = new Objects(program, path.join(top, ".git"));
  const first = git("rev-parse", "HEAD");
  git("branch", "other");
  git("commit", "-q", "--allow-empty", "-m", "second");
  const second = git("rev-parse", "HEAD");
  await assert.rejects(moveBranch(objects, "other", { from: second, to: first, why: "x" }), TargetMoved);
  assert.equal(await tipOfBranch(objects, "other"), first);
  await moveBranch(objects, "other", { from: first, to: second, why: "why" });
  assert.deepEqual([await tipOfBranch(objects, "other"), git("log", "-g", "-1", "--format=%gs", "other")], [second, "why"]);
  await assert.rejects(tipOfBranch(objects, "nope"), /There is no branch nope/);
});
