import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Git } from "../../src/git/git.ts";
import { PlanProblem, planWorktree } from "../../src/git/worktree-plan.ts";
import type { WorktreePlan } from "../../src/git/worktree-plan.ts";
import { gitRepository } from "../../testing/git-repository.ts";
import { makeHostile } from "../../testing/hostile-repository.ts";

const nothing = { base: null, branch: null };

async function problemOf(plan: Promise<WorktreePlan>): Promise<[string, string]> {
  const error = await plan.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof PlanProblem, String(error));
  return [error.part, error.message];
}

test("a worktree begins with HEAD, or with a branch, tag or commit", async (t) => {
  const repository = gitRepository(t);
  const { git, ours, top, write, place } = repository;
  const first = git("rev-parse", "HEAD");
  git("tag", "-a", "v1", "-m", "v1");
  write("a", "2\n");
  git("commit", "-qam", "second");
  const plan = await planWorktree(ours("deep"), nothing);
  assert.deepEqual(plan, { repository: path.join(top, ".git"), prefix: "deep", baseCommit: git("rev-parse", "HEAD"), branch: null });
  for (const base of ["v1", first, first.slice(0, 10), "HEAD~1", "main^"])
    assert.equal((await planWorktree(ours(), { base, branch: "mine/it" })).baseCommit, first);
  git("checkout", "-q", "--detach", first);
  assert.equal((await planWorktree(ours(), nothing)).baseCommit, first);
  const linked = path.join(place.directory, "linked");
  git("worktree", "add", "-q", linked, "main");
  const other = await planWorktree(ours().in(linked), nothing);
  assert.deepEqual([other.repository, other.baseCommit], [plan.repository, plan.baseCommit]);
  const bare = path.join(place.directory, "bare.git");
  git("clone", "-q", "--bare", top, bare);
  git("-C", bare, "worktree", "add", "-q", `${linked}-of-bare`);
  assert.equal((await planWorktree(ours().in(`${linked}-of-bare`), nothing)).repository, bare);
  assert.deepEqual((await problemOf(planWorktree(ours().in(bare), nothing)))[0], "directory");
});

test("what cannot be made is said before it is tried", async (t) => {
  const repository = gitRepository(t);
  const { git, ours, write, place, program } = repository;
  const refused = async (wish: Partial<typeof nothing> & object, git_ = ours()): Promise<[string, string]> =>
    await problemOf(planWorktree(git_, { ...nothing, ...wish }));
  const [part, message] = await refused({ base: "no such" } as object);
  assert.equal(part, "base");
  assert.match(message, /^no such is not a commit, branch or tag of the repository .*repository\. See its branches/);
  for (const base of ["--all", "--", "a\nb", "", "HEAD:a", "../x"]) assert.equal((await refused({ base } as object))[0], "base", base);
  assert.match((await refused({ branch: "main" } as object))[1], /^The branch main exists\. Name another one/);
  for (const branch of ["-x", "a b", "a..b", "@{-1}", "a\nb", "x.lock", "", "refs/heads/../x"])
    assert.deepEqual((await refused({ branch } as object))[0], "branch", branch);
  assert.match((await refused({ branch: "refs/heads/mine" } as object))[1], /Give the branch's name alone: mine$/);
  git("branch", "release/2026.4");
  assert.match((await refused({ branch: "release" } as object))[1], /^The branch release\/2026\.4 exists, so none can be called release\./);
  assert.match(
    (await refused({ branch: "main/x/y" } as object))[1],
    /^A branch with the name main exists, so none can be called main\/x\/y\./,
  );
  assert.equal((await planWorktree(ours(), { base: null, branch: "release/2026" })).branch, "release/2026");
  write("untracked/file", "");
  assert.match((await refused({}, ours("untracked")))[1], /^The directory untracked is not in the commit [0-9a-f]{12} that/);
  git("branch", "cw");
  assert.match((await refused({}))[1], /^A branch with the name cw exists/);
  const empty = gitRepository(t, { commit: false });
  assert.match((await refused({}, empty.ours()))[1], /has no commit yet, so there is nothing to begin a worktree with\. Commit once\.$/);
  const [where, outside] = await refused({}, new Git(program, place.work));
  assert.deepEqual([where, /work is not in a git repository/.test(outside)], ["directory", true]);
});

test("a check runs nothing of a hostile repository", async (t) => {
  const repository = gitRepository(t);
  const trap = makeHostile(repository);
  writeFileSync(repository.file("a"), "b\n");
  await planWorktree(repository.ours("deep"), { base: "main", branch: "mine" });
  assert.deepEqual(trap.ran(), []);
});
