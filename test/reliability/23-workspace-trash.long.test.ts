import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { fastWorker } from "./setup.ts";

test("a server that is killed while it removes a worktree loses nothing of it", async (t) => {
  const w = await fastWorker(t);
  const git = (...args: string[]): string => plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  git("init", "-q", "-b", "main");
  git("commit", "-q", "--allow-empty", "-m", "first");
  await w.start();
  const { id } = await w.submit("steps 2 append marks", { workspace_kind: "worktree" });
  const { workspace } = await w.ended(id);
  const marks = path.join(workspace?.path ?? "", "marks");
  for (const place of ["trash.detached", "trash.moved"] as const) {
    w.trap(place);
    await assert.rejects(w.client.cleanWorkspaces({ tasks: [id] }));
    await w.felled(place);
    await w.start();
    assert.equal((await w.client.getTask({ id })).workspace?.state, "trashed");
    assert.equal(existsSync(marks), place === "trash.detached");
    await w.client.restoreWorkspace({ id });
    assert.equal(readFileSync(marks, "utf8"), "1\n2\n");
    assert.equal(plainGit(workspace?.path ?? "", { HOME: w.place.home }, ["symbolic-ref", "--short", "HEAD"]), workspace?.branch);
  }
  await w.client.retryTask({ id, resume: true });
  await w.until(id, ({ attempts, ended_at }) => attempts === 2 && ended_at !== null);
  const cleaned = await w.cli(["workspace", "clean", "--yes"]);
  assert.match(
    cleaned.stdout,
    /^Task 1: its worktree is in the trash for 7 days\. Its snapshots keep 1 file not committed: marks\. Back: claude-worker workspace restore 1\n$/,
  );
  assert.equal(existsSync(marks), false);
  assert.match((await w.cli(["workspace", "list"])).stdout, /^1\tcompleted\ttrashed\tcw\/1-/);
  assert.match((await w.cli(["workspace", "path", "1"])).stderr, /is in the trash\. Bring it back: claude-worker workspace restore 1/);
  assert.match((await w.cli(["workspace", "restore", "1"])).stdout, /^The worktree of task 1 is back, on cw\/1-/);
  assert.equal((await w.cli(["workspace", "path", "1"])).stdout, `${workspace?.path}\n`);
  const inside = await w.cli(["workspace", "shell", "1"], { env: { SHELL: "/bin/pwd" } });
  assert.equal(inside.stdout, `${workspace?.path}\n`);
});
