import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { fastWorker } from "./setup.ts";

test("a server that is killed in an apply leaves the checkout before or after it", async (t) => {
  const w = await fastWorker(t);
  const git = (...args: string[]): string => plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  git("init", "-q", "-b", "main");
  git("commit", "-q", "--allow-empty", "-m", "first");
  const first = git("rev-parse", "HEAD");
  await w.start();
  const { id } = await w.submit("steps 2 append marks", { workspace_kind: "worktree" });
  await w.ended(id);
  w.trap("apply.computed");
  await assert.rejects(w.client.applyTask({ id }));
  await w.felled("apply.computed");
  assert.deepEqual([git("rev-parse", "HEAD"), git("status", "--porcelain")], [first, ""]);
  await w.start();
  assert.equal((await w.client.applyTask({ id, dry_run: true })).changed_files, 1);
  assert.equal(git("worktree", "list").split("\n").length, 2, "what the kill has left is removed");

  w.trap("apply.moved");
  await assert.rejects(w.client.applyTask({ id }));
  await w.felled("apply.moved");
  const second = git("rev-parse", "HEAD");
  assert.deepEqual([git("rev-parse", "HEAD^"), git("status", "--porcelain")], [first, ""]);
  assert.equal(readFileSync(path.join(w.place.work, "marks"), "utf8"), "1\n2\n");
  await w.start();
  assert.partialDeepStrictEqual(await w.client.applyTask({ id }), { applied: false, changed_files: 0 });
  assert.equal(git("rev-parse", "HEAD"), second);
  assert.match((await w.cli(["apply", "1"])).stdout, /^Nothing to apply: task 1 has no changes that main does not have\.\n$/);
});
