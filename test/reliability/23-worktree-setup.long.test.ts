import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { identityOf, isAlive } from "../../src/processes/identity.ts";
import { until } from "../../testing/wait.ts";
import { fastWorker, killServer } from "./setup.ts";
import type { FastWorker } from "./setup.ts";

/** A repository in a trusted directory that names this set-up command, which a person has seen. */
async function repository(w: FastWorker, setup: string, cache?: object): Promise<void> {
  const directory = w.place.work;
  const git = (...args: string[]): void => void execFileSync("git", args, { cwd: directory, stdio: "ignore" });
  git("init", "-q", "-b", "main");
  w.place.file("work/.claude-worker.json", JSON.stringify({ setup, setup_cache: cache }));
  w.place.file("work/.gitignore", ".env\nmade\nsetups\n");
  w.place.file("work/.worktreeinclude", ".env\n");
  w.place.file("work/.env", "KEY=1\n");
  git("add", ".");
  git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "first");
  await w.start();
  await w.client.addTrust({ directory, commands: true });
}

const inWorktree = { workspace_kind: "worktree" } as const;

test("a set-up that a kill cuts off is done again, and then never more", async (t) => {
  const w = await fastWorker(t);
  for (const place of ["setup.included", "setup.started", "setup.ended"] as const) w.trap(place);
  await repository(w, "echo run >> setups && cat .env > made");
  const { id } = await w.submit("steps 2 append marks", inWorktree);
  for (const place of ["setup.included", "setup.started", "setup.ended"] as const) await w.felled(place);
  const { workspace, status, attempts } = await w.ended(id);
  assert.deepEqual([status, attempts], ["completed", 4]);
  const read = (name: string): string => readFileSync(path.join(workspace?.path ?? "", name), "utf8");
  assert.deepEqual([read("made"), read("setups"), read(".env"), read("marks")], ["KEY=1\n", "run\nrun\n", "KEY=1\n", "1\n2\n"]);
  assert.partialDeepStrictEqual(workspace?.setup, { state: "passed", exit_code: 0, command: "echo run >> setups && cat .env > made" });

  await w.client.retryTask({ id, resume: true });
  await w.until(id, ({ attempts: count, ended_at }) => count === 5 && ended_at !== null);
  assert.equal(read("setups"), "run\nrun\n", "a worktree that is there is not set up again");
  rmSync(workspace?.path ?? "", { recursive: true });
  await w.client.retryTask({ id, resume: true });
  assert.equal((await w.until(id, ({ attempts: count, ended_at }) => count === 6 && ended_at !== null)).status, "completed");
  assert.deepEqual([read("setups"), read("made")], ["run\n", "KEY=1\n"], "one that was rebuilt is");
});

test("a set-up that fails ends the task before Claude starts", async (t) => {
  const w = await fastWorker(t, { CLAUDE_WORKER_SETUP_TIMEOUT_MS: "1500" });
  await repository(w, "echo no network; exit 3");
  const { id } = await w.submit("steps 2 append marks", inWorktree);
  const { error, status, num_turns: turns, workspace } = await w.ended(id);
  assert.deepEqual([status, error?.code, error?.retryable, turns ?? 0], ["failed", "setup_failed", true, 0]);
  assert.match(
    error?.message ?? "",
    /^The command that sets the worktree up \(echo no network; exit 3\) ended with exit code 3\. The end of its output:\nno network\n? ?When the cause is gone: claude-worker retry 1$/,
  );
  assert.equal(existsSync(path.join(workspace?.path ?? "", "marks")), false);
  assert.match(
    (await w.cli(["show", String(id)])).stdout,
    /Set up +echo no network; exit 3 ended with exit code 3 after .*, ports \d+-\d+/,
  );
  assert.match(
    (await w.cli(["logs", String(id)])).stdout,
    /\[setup\] echo no network; exit 3\n.*\[setup\] ended with exit code 3 after .*\n.*no network/,
  );

  await w.client.retryTask({ id, setup: "sleep 1000 & sleep 1000" });
  const late = await w.until(id, ({ attempts, ended_at }) => attempts === 2 && ended_at !== null);
  assert.match(late.error?.message ?? "", /failed: it did not end within 1\.5 s/);
  w.place.file("work/.claude-worker.json", JSON.stringify({ setup: "echo fixed > made" }));
  await w.client.addTrust({ directory: w.place.work, commands: true });
  const other = await w.submit("steps 1", inWorktree);
  const { workspace: fixed } = await w.ended(other.id);
  assert.equal(readFileSync(path.join(fixed?.path ?? "", "made"), "utf8"), "fixed\n", "what a person trusted last counts");
  await w.client.retryTask({ id, setup: "@none" });
  assert.equal((await w.until(id, ({ attempts, ended_at }) => attempts === 3 && ended_at !== null)).status, "completed");
});

test("a cancel ends a set-up that runs, with all that it started", async (t) => {
  const w = await fastWorker(t);
  await repository(w, "(sleep 1000 & echo $! > child.pid; wait) & wait");
  const { id } = await w.submit("steps 1", inWorktree);
  const child = await until("the set-up's child", async () => {
    const { workspace, phase } = await w.client.getTask({ id });
    const file = path.join(workspace?.path ?? "", "child.pid");
    return phase === "setting_up" && existsSync(file) ? await identityOf(Number(readFileSync(file, "utf8"))) : null;
  });
  await w.client.cancelTask({ id });
  const { status, workspace } = await w.ended(id);
  assert.deepEqual([status, workspace?.setup?.state], ["cancelled", "stopped"]);
  assert.equal(await isAlive(child), false);
});

test("no two worktrees that live have a port in common, also after a crash", async (t) => {
  const w = await fastWorker(t);
  await repository(w, "true");
  await w.client.hold({ reason: "so that all of them wait" });
  const portsOf = async (id: number): Promise<readonly number[]> => (await w.client.getTask({ id })).workspace?.ports ?? [];
  const first = await Promise.all(Array.from({ length: 6 }, () => w.submit("steps 1", inWorktree)));
  await killServer(w);
  await w.start();
  const more = await Promise.all(Array.from({ length: 6 }, () => w.submit("steps 1", inWorktree)));
  const all = await Promise.all([...first, ...more].map(({ id }) => portsOf(id)));
  assert.equal(new Set(all.flat()).size, 120);
  assert.deepEqual(
    all[0]?.map((port) => port - (all[0]?.[0] ?? 0)),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
});

test("what a set-up made is made once for all worktrees with the same lock file", async (t) => {
  const w = await fastWorker(t);
  const log = path.join(w.place.directory, "runs");
  const setup = `echo run >> ${log} && mkdir -p made && cp lock made/lock && ln made/lock made/twin`;
  w.place.file("work/lock", "1\n");
  const runs = (): number => readFileSync(log, "utf8").split("\n").length - 1;
  await repository(w, setup, { key: ["lock"], paths: ["made"] });
  const one = async (cached: boolean): Promise<void> => {
    const { id } = await w.submit("steps 1", inWorktree);
    assert.partialDeepStrictEqual(await w.ended(id), { status: "completed", workspace: { setup: { state: "passed", cached } } });
  };
  w.trap("setup.copied");
  await one(false);
  await w.felled("setup.copied");
  w.trap("setup.kept");
  await one(false);
  await w.felled("setup.kept");
  assert.equal(runs(), 2, "nothing that was half kept is used, and no kill runs the command again");
  await one(true);
  assert.equal(runs(), 2);
  writeFileSync(path.join(w.place.work, "lock"), "2\n");
  execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qam", "second"], { cwd: w.place.work });
  const tasks = await Promise.all(Array.from({ length: 4 }, () => w.submit("steps 2 append marks", inWorktree)));
  const all = await Promise.all(tasks.map(({ id }) => w.ended(id)));
  assert.equal(runs(), 3, "those that start at once wait for the first");
  assert.equal(all.filter(({ workspace }) => workspace?.setup?.cached === true).length, 3);
  const inodes = all.map(({ workspace }) => statSync(path.join(workspace?.path ?? "", "made", "lock")));
  assert.equal(new Set(inodes.map(({ ino }) => ino)).size, 4);
  assert.equal(inodes.filter(({ nlink }) => nlink === 1).length, 3, "only the one that ran has its own links");
  const cached = all.find(({ workspace }) => workspace?.setup?.cached === true);
  assert.match(
    (await w.cli(["logs", String(cached?.id)])).stdout,
    /made copied from an earlier set-up \([0-9a-f]{12}\): echo run >> .* is not run/,
  );
  assert.match((await w.cli(["show", String(cached?.id)])).stdout, /Set up +echo run .* copied from an earlier set-up after/);

  const fork = await w.client.forkTask({ id: cached?.id ?? 0, prompt: "steps 1" });
  assert.partialDeepStrictEqual(await w.ended(fork.id), { status: "completed", workspace: { setup: { cached: true } } });
});
