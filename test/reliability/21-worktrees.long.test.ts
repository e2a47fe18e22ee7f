import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fastWorker } from "./setup.ts";
import type { FastWorker } from "./setup.ts";

type Run = (...args: string[]) => string;

/** A repository with one commit in a trusted directory. */
function repository({ place }: FastWorker, name = "work"): Run {
  const directory = place.workdir(name);
  const git: Run = (...args) => execFileSync("git", args, { cwd: directory, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  git("init", "-q", "-b", "main");
  git("config", "user.name", "A Person");
  git("config", "user.email", "person@localhost");
  place.file(`${name}/app.txt`, "one\n");
  place.file(`${name}/deep/app.txt`, "deep\n");
  git("add", ".");
  git("commit", "-qm", "first");
  return git;
}

const inWorktree = { workspace_kind: "worktree" } as const;

test("a worktree that is half made after a kill, or has vanished, is made again", async (t) => {
  const w = await fastWorker(t);
  const git = repository(w);
  const worktrees = (): number => git("worktree", "list", "--porcelain").match(/^worktree /gm)?.length ?? 0;
  for (const place of ["worktree.branch", "worktree.added", "worktree.files"] as const) w.trap(place);
  await w.start();
  const { id } = await w.submit("steps 2 append marks", { ...inWorktree, worktree_name: "Zürich & more" });
  for (const place of ["worktree.branch", "worktree.added", "worktree.files"] as const) await w.felled(place);
  const { workspace, status, attempts } = await w.ended(id);
  assert.deepEqual([status, attempts, worktrees()], ["completed", 4, 2]);
  assert.equal(git("for-each-ref", "--format=%(refname:short)", "refs/heads"), `cw/${id}-zurich-more\nmain`);
  assert.equal(readFileSync(path.join(workspace?.path ?? "", "marks"), "utf8"), "1\n2\n");

  const place = workspace?.path ?? "";
  appendFileSync(path.join(place, "app.txt"), "a person's\n");
  rmSync(place, { recursive: true });
  await w.client.retryTask({ id, resume: true });
  await w.until(id, ({ attempts: count, ended_at }) => count === 5 && ended_at !== null);
  assert.equal(readFileSync(path.join(place, "marks"), "utf8"), "1\n2\n", "the files of the last snapshot");
  const { events } = await w.client.taskEvents({ id, tail: 50 });
  const lines = events.flatMap(({ summary }) => summary);
  assert.ok(
    lines.some((line) => /^\[worktree\] had vanished, and is rebuilt: .*with the files of its last snapshot/.test(line)),
    lines.join("\n"),
  );

  rmSync(place, { recursive: true });
  renameSync(path.join(w.place.work, ".git"), path.join(w.place.work, "git"));
  await w.client.retryTask({ id, resume: true });
  const { error, status: end } = await w.until(id, ({ attempts: count, ended_at }) => count === 6 && ended_at !== null);
  assert.deepEqual([end, error?.code, error?.retryable], ["failed", "workspace_lost", true]);
  assert.match(
    error?.message ?? "",
    /The repository of the task's worktree is gone: .*\.git\. When the cause is gone: claude-worker retry/,
  );
  assert.equal(existsSync(place), false, "nothing fell back to another directory");
});

test("tasks side by side in one repository have a worktree each", async (t) => {
  const w = await fastWorker(t, { CLAUDE_WORKER_WORKERS: "8", CLAUDE_WORKER_WORKSPACE: "worktree" });
  const git = repository(w);
  writeFileSync(path.join(w.place.work, ".git", "config.lock"), "");
  await w.start();
  const tasks = await Promise.all(
    Array.from({ length: 8 }, () => w.submit("steps 2 append marks", { working_directory: path.join(w.place.work, "deep") })),
  );
  const paths = new Set<string>();
  for (const { id } of tasks) {
    const { workspace, status, error } = await w.ended(id);
    assert.equal(status, "completed", JSON.stringify(error));
    assert.equal(readFileSync(path.join(workspace?.path ?? "", "deep/marks"), "utf8"), "1\n2\n");
    paths.add(workspace?.path ?? "");
  }
  assert.equal(paths.size, 8);
  assert.equal(git("status", "--porcelain"), "");
});

test("a worktree that cannot be is refused at the submit, or fails its task", async (t) => {
  const w = await fastWorker(t);
  const git = repository(w);
  await w.start();
  const refused = async (more: object): Promise<string> =>
    await w.submit("steps 1", more).then(
      () => "",
      (error: Error) => error.message,
    );
  assert.match(await refused({ ...inWorktree, worktree_base: "nope" }), /^nope is not a commit, branch or tag of the repository/);
  assert.match(await refused({ ...inWorktree, worktree_branch: "main" }), /^The branch main exists\./);
  assert.match(await refused({ worktree_branch: "x" }), /^worktree_branch belongs to a worktree, and the task works in place\./);
  assert.match(
    await refused({ ...inWorktree, working_directory: w.place.workdir("plain") }),
    /plain is not in a git repository\. .* --workspace in_place$/,
  );
  const flags = ["run", "steps 1", "--worktree", "--base", "nope"];
  assert.match((await w.cli(flags)).stderr, /nope is not a commit, branch or tag/);
  assert.match(
    (await w.cli(["run", "steps 1", "--worktree", "--workspace", "in_place"])).stderr,
    /--worktree and --workspace in_place contradict each other/,
  );

  await w.client.hold({ reason: "so that the branch can be taken meanwhile" });
  const named = await w.submit("steps 1", { ...inWorktree, worktree_branch: "mine" });
  const { workspace } = await w.client.getTask({ id: named.id });
  assert.deepEqual([workspace?.state, workspace?.branch], ["creating", "mine"]);
  git("branch", "mine");
  await w.client.resume();
  const { status, error } = await w.ended(named.id);
  assert.equal(status, "failed");
  assert.match(error?.message ?? "", /^The task's worktree could not be made: The branch mine exists\./);
  assert.equal(error?.code, "environment_failed");
  assert.equal(existsSync(workspace?.path ?? ""), false);
  git("branch", "-D", "mine");
  await w.client.retryTask({ id: named.id });
  assert.equal((await w.until(named.id, ({ attempts, ended_at }) => attempts === 2 && ended_at !== null)).status, "completed");
  await assert.rejects(w.client.retryTask({ id: named.id, workspace_kind: "in_place" }), /keeps the workspace that it has/);
});
