import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { fastWorker } from "./setup.ts";

const files = 100_000;
/** What other programs on the machine may do to a time that is measured once. */
const slackMs = 10_000;

/** A stream for `git fast-import`: one commit with so many files in a thousand directories. */
function manyFiles(count: number): string {
  const lines = ["commit refs/heads/main", "committer A Person <person@localhost> 1700000000 +0000", "data 5", "many\n"];
  for (let n = 0; n < count; n += 1) lines.push(`M 100644 inline d${n % 1000}/f${n}.txt`, `data ${String(n).length + 1}`, `${n}\n`);
  return `${lines.join("\n")}\n`;
}

test("a repository of 100,000 files has worktrees, checkpoints, diffs and undo in time", async (t) => {
  const w = await fastWorker(t);
  const env = { PATH: w.env["PATH"] ?? "", HOME: w.place.home };
  const git = (...args: string[]): string => plainGit(w.place.work, env, args);
  const timed = async <T>(work: () => T | Promise<T>): Promise<{ readonly ms: number; readonly value: T }> => {
    const began = performance.now();
    const value = await work();
    return { ms: performance.now() - began, value };
  };
  git("init", "-q", "-b", "main");
  execFileSync("git", ["fast-import", "--quiet"], { cwd: w.place.work, env, input: manyFiles(files) });
  git("reset", "-q", "--hard");
  const plain = await timed(() => git("worktree", "add", "-q", "--detach", path.join(w.place.directory, "plain")));
  git("status", "--porcelain");
  const status = await timed(() => git("status", "--porcelain"));
  await w.start();

  const { id } = await w.submit("steps 3 append d7/f7.txt", { workspace_kind: "worktree" });
  const made = await timed(() => w.ended(id));
  const { status: end, workspace, error } = made.value;
  assert.equal(end, "completed", JSON.stringify(error));
  assert.partialDeepStrictEqual(workspace, { state: "kept", changed_files: 1, insertions: 3, deletions: 0, no_snapshots: null });
  const { checkpoints } = await w.client.listCheckpoints({ id });
  assert.ok(checkpoints.length >= 2);
  // A checkout of all files, its first snapshot, and one after each turn.
  assert.ok(
    made.ms < 3 * plain.ms + 8 * checkpoints.length * status.ms + slackMs,
    `${made.ms} ms; git needs ${plain.ms} and ${status.ms} ms`,
  );

  const diff = await timed(() => w.client.taskDiff({ id }));
  assert.deepEqual(
    diff.value.files.map((file) => file.path),
    ["d7/f7.txt"],
  );
  assert.ok(diff.ms < slackMs, `${diff.ms} ms`);
  const inPlace = await w.submit("steps 2 append d1/f1.txt");
  assert.partialDeepStrictEqual(await w.ended(inPlace.id), { status: "completed", workspace: { changed_files: 1 } });
  const undone = await timed(() => w.client.undoTask({ id: inPlace.id }));
  assert.equal(readFileSync(path.join(w.place.work, "d1/f1.txt"), "utf8"), "1\n");
  assert.ok(undone.ms < 30 * status.ms + slackMs, `${undone.ms} ms; git status needs ${status.ms} ms`);
  const applied = await timed(() => w.client.applyTask({ id }));
  assert.equal(git("show", "HEAD:d7/f7.txt"), "7\n1\n2\n3");
  assert.ok(applied.ms < 4 * plain.ms + 30 * status.ms + slackMs, `${applied.ms} ms`);
  assert.equal(git("status", "--porcelain"), "");
  const cleaned = await timed(() => w.client.cleanWorkspaces({ tasks: [id] }));
  assert.equal(cleaned.value.workspaces[0]?.cleaned, true, cleaned.value.workspaces[0]?.reasons.join());
  t.diagnostic(
    `worktree add ${Math.round(plain.ms)} ms, status ${Math.round(status.ms)} ms; task ${Math.round(made.ms)}, diff ${Math.round(diff.ms)}, undo ${Math.round(undone.ms)}, apply ${Math.round(applied.ms)}, clean ${Math.round(cleaned.ms)} ms`,
  );
});
