import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { until } from "../../testing/wait.ts";
import { fastWorker, killAndWait } from "./setup.ts";

/** The pid that a command wrote. */
function pidIn(file: string): number {
  return existsSync(file) ? Number(readFileSync(file, "utf8").trim()) : 0;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("a check of a landing ends when the server starts after a kill", async (t) => {
  const w = await fastWorker(t);
  const git = (...args: string[]): string => plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  git("init", "-q", "-b", "main");
  git("commit", "-q", "--allow-empty", "-m", "first");
  const { pid: server } = await w.start();
  const file = path.join(w.place.directory, "pid");
  // In the task's own worktree it passes at once.
  const check = `case "$COMPOSE_PROJECT_NAME" in *land-*) echo $$ > '${file}'; sleep 1000;; esac`;
  const { id } = await w.submit("steps 1 append one", { workspace_kind: "worktree", verify: [check] });
  assert.equal((await w.ended(id)).status, "completed");
  const landing = assert.rejects(w.client.landTasks({ tasks: [id], into: "main" }));
  const pid = await until("the check", () => pidIn(file) || null);
  await killAndWait(server);
  await landing;
  assert.ok(isAlive(pid), "the kill leaves the check");
  await w.start();
  await until("the check's end", () => !isAlive(pid));
});

test("a verification ends when its runner is killed, and runs again", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  const file = path.join(w.place.directory, "pid");
  const go = path.join(w.place.directory, "go");
  const check = `[ -e '${go}' ] || { (trap '' TERM HUP; exec sleep 1000) & echo $! > '${file}'; wait; }`;
  const { id } = await w.submit("steps 1", { verify: [check] });
  const pid = await until("the command", () => pidIn(file) || null);
  const { attempts } = await w.client.listAttempts({ id });
  rmSync(file);
  w.place.file("go", "");
  await killAndWait(attempts[0]?.pid ?? 0);
  await until("the command's end", () => !isAlive(pid));
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.verified], ["completed", true]);
});
