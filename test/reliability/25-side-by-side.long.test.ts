import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { until } from "../../testing/wait.ts";
import { fastWorker, noneLeft } from "./setup.ts";

const count = 20;

test("twenty tasks at once in one repository have worktrees and diffs of their own", async (t) => {
  const w = await fastWorker(t, { CLAUDE_WORKER_WORKERS: String(count), CLAUDE_WORKER_WORKSPACE: "worktree" });
  const gitAt = (directory: string, ...args: string[]): string =>
    plainGit(directory, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  const git = (...args: string[]): string => gitAt(w.place.work, ...args);
  git("init", "-q", "-b", "main");
  w.place.file("work/app.txt", "one\n");
  w.place.file("work/shared.txt", "shared\n");
  git("add", ".");
  git("commit", "-qm", "first");
  const settings = readFileSync(path.join(w.place.work, ".git/config"), "utf8");
  // Another program holds the lock while all of them are made.
  const lock = path.join(w.place.work, ".git/config.lock");
  writeFileSync(lock, "");
  await w.start();
  const go = path.join(w.place.directory, "go");
  const ids = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const file = index < 5 ? "shared.txt" : `file-${index}`;
      return { file, id: (await w.submit(`steps 3 append ${file} until ${go}`, { name: `idea ${index}` })).id };
    }),
  );
  const ready = await until("twenty worktrees that are ready", async () => {
    const { workspaces } = await w.client.listWorkspaces();
    return workspaces.length === count && workspaces.every(({ state }) => state === "ready") && workspaces;
  });
  rmSync(lock);
  assert.deepEqual([new Set(ready.map((each) => each.path)).size, new Set(ready.map(({ branch }) => branch)).size], [count, count]);
  for (const { path: place } of ready) assert.equal(readFileSync(path.join(place, "app.txt"), "utf8"), "one\n");
  writeFileSync(go, "");

  const ports = new Set<number>();
  for (const { id, file } of ids) {
    const { status, workspace, error, attempts } = await w.ended(id);
    assert.deepEqual([status, attempts], ["completed", 1], JSON.stringify(error));
    assert.partialDeepStrictEqual(workspace, { state: "kept", changed_files: 1, insertions: 3, deletions: 0, no_snapshots: null });
    for (const port of workspace?.ports ?? []) ports.add(port);
    const diff = await w.client.taskDiff({ id });
    assert.deepEqual(
      diff.files.map((each) => each.path),
      [file],
    );
    const { checkpoints } = await w.client.listCheckpoints({ id });
    assert.ok(checkpoints.length >= 2);
    for (const { ref, commit } of checkpoints) assert.equal(git("rev-parse", ref), commit);
    const text = `${file === "shared.txt" ? "shared\n" : ""}1\n2\n3`;
    assert.equal(git("show", `${checkpoints.at(-1)?.commit ?? ""}:${file}`), text);
    assert.equal(gitAt(workspace?.path ?? "", "symbolic-ref", "--short", "HEAD"), workspace?.branch);
  }
  assert.equal(ports.size, count * 10);
  await noneLeft(w);

  // The repository is as it was, but for twenty branches, and nothing is half made.
  git("fsck", "--strict");
  assert.equal(readFileSync(path.join(w.place.work, ".git/config"), "utf8"), settings);
  assert.deepEqual([git("status", "--porcelain"), git("rev-list", "--count", "main")], ["", "1"]);
  assert.equal(git("worktree", "list").split("\n").length, count + 1);
  assert.equal(git("for-each-ref", "--format=%(refname)", "refs/heads/cw").split("\n").length, count);
  assert.deepEqual(
    readdirSync(path.join(w.place.work, ".git"), { recursive: true }).filter((name) => String(name).endsWith(".lock")),
    [],
  );
  assert.equal(existsSync(path.join(w.place.dataHome, "workspaces", ".trash")), false);

  // All of the work lands; of those that changed the same lines one.
  const landed = await w.client.landTasks({ tasks: ids.map(({ id }) => id), into: "main" });
  const states = landed.tasks.map(({ state }) => state);
  assert.deepEqual(
    [states[0], ...states.slice(5)],
    Array.from({ length: count - 4 }, () => "landed"),
  );
  // The others made the very same change.
  assert.deepEqual(
    states.slice(1, 5),
    Array.from({ length: 4 }, () => "already"),
  );
  assert.equal(git("rev-list", "--count", "main"), String(1 + count - 4));
  assert.deepEqual(git("status", "--porcelain"), "");
});
