import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { WorktreeOrder } from "../../src/domain/workspace/worktree-order.ts";
import { enterSharedWorktree, prepareWorktree } from "../../src/git/worktree.ts";
import { gitRepository } from "../../testing/git-repository.ts";
import type { TestRepository } from "../../testing/git-repository.ts";

function orderOf({ place, top, git }: TestRepository): WorktreeOrder {
  const directory = path.join(place.dataHome, "workspaces", "repository-1a2b");
  return {
    isShared: true,
    state: "creating",
    path: path.join(directory, "1-book"),
    prefix: "",
    repository: path.join(top, ".git"),
    branch: "cw/1-book",
    isNamed: false,
    baseCommit: git("rev-parse", "HEAD"),
    mark: "claude-worker: task 1 (abc)",
    lock: path.join(directory, ".lock"),
    trash: path.join(place.dataHome, "workspaces", ".trash"),
    files: null,
  };
}

async function enter({ program }: TestRepository, order: WorktreeOrder) {
  const leave = await enterSharedWorktree(order);
  try {
    return await prepareWorktree(program, order);
  } finally {
    leave();
  }
}

test("tasks that come together make a shared worktree once", async (t) => {
  const repository = gitRepository(t);
  const order = orderOf(repository);
  const made = await Promise.all(Array.from({ length: 6 }, async () => await enter(repository, order)));
  assert.deepEqual(made.map(({ how }) => how).toSorted(), ["found", "found", "found", "found", "found", "made"]);
  assert.deepEqual(new Set(made.map(({ branch }) => branch)), new Set(["cw/1-book"]));
});

test("what another task has written in a shared worktree is never thrown away", async (t) => {
  const repository = gitRepository(t);
  const order = orderOf(repository);
  await enter(repository, order);
  const file = path.join(order.path, "of another");
  writeFileSync(file, "work\n");
  // The order of a task whose server did not know yet that it is made.
  assert.equal((await enter(repository, order)).how, "found");
  assert.equal(readFileSync(file, "utf8"), "work\n");
});

test("a shared worktree that a kill left half made is made again", async (t) => {
  const repository = gitRepository(t);
  const order = orderOf(repository);
  await enter(repository, order);
  writeFileSync(`${order.path}.unfinished`, "");
  writeFileSync(path.join(order.path, "half"), "");
  assert.equal((await enter(repository, order)).how, "made");
  assert.deepEqual([existsSync(path.join(order.path, "half")), existsSync(`${order.path}.unfinished`)], [false, false]);
  assert.equal(readFileSync(path.join(order.path, "a"), "utf8"), "a\n");
});

test("something else in the place of a shared worktree stays", async (t) => {
  const repository = gitRepository(t);
  const order = orderOf(repository);
  mkdirSync(order.path, { recursive: true });
  writeFileSync(path.join(order.path, "mine"), "");
  await assert.rejects(enter(repository, order), /Something else than the task's worktree/);
  assert.ok(existsSync(path.join(order.path, "mine")));
});
