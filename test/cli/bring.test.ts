import assert from "node:assert/strict";
import { test } from "node:test";
import { checkout, worktreeTask } from "../../testing/task-worktree.ts";
import type { WorktreeTask } from "../../testing/task-worktree.ts";
import { patch, withServer } from "./setup.ts";

test("apply and land say first which work is not what it was to be", async (t) => {
  const { call, api } = await withServer(t);
  const git = checkout(api);
  const { store, paths, corner } = api;
  const worktree = async (how?: "failed"): Promise<WorktreeTask> =>
    await worktreeTask({ api, store, paths, corner, clock: { nowMs: Date.now() }, run: async (id) => await api.finish(id, how) });
  const [good, failed, other] = [await worktree(), await worktree("failed"), await worktree()];
  good.write("app.txt", "good\n");
  failed.write("b.txt", "b\n");
  other.write("app.txt", "other\n");
  await patch(api, failed.id, { error: { code: "verification_failed", message: "npm test ended with exit code 1." } });
  const { stderr } = await call(["apply", String(failed.id), "--dry-run"]);
  assert.equal(stderr, `Task ${failed.id} has failed: npm test ended with exit code 1.\n`);
  const ids = [good, failed, other].map(({ id }) => String(id));
  const asked = await call(["land", ...ids, "--into", "main", "--send-conflicts"], { columns: 200, typed: "n\n" });
  const said = /^Task 2 has failed: .*\nTask 3 does not fit: .*app\.txt.* It gets a message, and continues\.\n.*Nothing was landed/;
  assert.match(asked.stderr, said);
  assert.equal(git("log", "--format=%s"), "first");
  const done = await call(["land", ...ids, "--into", "main", "--yes"]);
  assert.match(done.stderr, /^Task 2 has failed/);
  const again = await call(["land", ids[0] ?? "", "--into", "main", "--yes"]);
  assert.match(again.stderr, /^Landing 1 task on main\.\n/, "nothing is said of checks where nothing is left to check");
});
