import assert from "node:assert/strict";
import { test } from "node:test";
import type { WorktreeTask } from "../../../testing/task-worktree.ts";
import { setup, statesOf } from "./land-setup.ts";

test("ten tasks land but for one that does not fit and one that fails a check", async (t) => {
  const { api, git, worked, land, store, state } = setup(t);
  // Passes where no file says "broken", and only the whole shows two that are bad together.
  const check = "test -f app.txt && ! grep -rq broken --include='*.txt' .";
  const tasks: WorktreeTask[] = [];
  for (let n = 1; n <= 10; n += 1) {
    if (n === 3) tasks.push(await worked({ "app.txt": "three\n" }, check));
    else if (n === 5) tasks.push(await worked({ "five.txt": "broken\n", "app.txt": "one\n" }, check));
    else if (n === 8) tasks.push(await worked({ "app.txt": "eight\n" }, check));
    else tasks.push(await worked({ [`${n}.txt`]: `${n}\n` }, check));
  }
  const before = state();
  const plan = await land(tasks, { dry_run: true });
  assert.partialDeepStrictEqual(plan, { landed: false, commit: null, checks: [check] });
  assert.deepEqual(state(), before, "a dry run changes nothing");
  const done = await land(tasks);
  const expected = Array.from({ length: 10 }, (_, at) => (at === 4 ? "failed" : at === 7 ? "conflict" : "landed"));
  assert.deepEqual(statesOf(done), expected);
  assert.partialDeepStrictEqual(done.tasks[4], { check: { command: check, exit_code: 1, failed_before: false }, commit: null });
  assert.deepEqual(done.tasks[7]?.files, ["app.txt"]);
  assert.deepEqual([git("rev-parse", "main"), git("rev-parse", "main~8"), git("status", "--porcelain")], [done.commit, before[0], ""]);
  assert.deepEqual([git("show", "main:app.txt"), git("show", "main:10.txt")], ["three", "10"]);
  assert.match(git("log", "-1", "--format=%B"), /Claude-Worker-Task: 10/);
  assert.equal(store.applies.last(tasks[9]?.id ?? 0)?.result, done.commit);
  assert.deepEqual([store.applies.last(5), store.applies.last(8)], [null, null]);
  const { workspace } = await api.getTask({ id: 1 });
  assert.partialDeepStrictEqual(workspace?.applied, { branch: "main", commit: done.tasks[0]?.commit });
  assert.equal(git("worktree", "list").split("\n").length, 11, "no worktree of the landing is left");
  const again = await land(tasks.filter((_, at) => expected[at] === "landed"));
  assert.deepEqual([again.landed, new Set(statesOf(again))], [false, new Set(["already"])]);
  assert.equal(git("rev-parse", "main"), done.commit);
});
