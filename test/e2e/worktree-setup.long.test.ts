import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/script.ts";
import { worker } from "../../testing/worker.ts";

const list = 'env | grep -E "^(WORKER_PORT|TMPDIR=|COMPOSE_PROJECT_NAME=)" | sort';

test("Claude, set-up and verify commands have the worktree's ports and directory", async (t) => {
  const w = await worker(t, { "port it": [step.bash(`${list} > claude.txt; mktemp`), step.text("Ported.")] });
  const git = (...args: string[]): void => void execFileSync("git", args, { cwd: w.place.work, stdio: "ignore" });
  git("init", "-q", "-b", "main");
  w.place.file("work/.gitignore", ".env\n*.txt\n");
  w.place.file("work/.worktreeinclude", ".env\n");
  w.place.file("work/.env", "KEY=1\n");
  w.place.file("work/.claude-worker.json", JSON.stringify({ setup: `cat .env && ${list} > setup.txt` }));
  w.place.file("work/.claude/settings.json", JSON.stringify({ env: { WORKER_PORT: "1", OWN: "x" } }));
  git("add", "-A");
  git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "first");
  await w.start();
  const flags = ["run", "port it", "--worktree", "--allow", "Bash", "--verify", `${list} > verify.txt`];
  const refused = await w.cli(flags);
  assert.match(refused.stderr, /names a command that sets worktrees up, and no person has trusted it yet\. It says: cat \.env/);
  assert.match((await w.cli(["trust", "add", w.place.work])).stdout, /that sets worktrees up, as you:\n {2}cat \.env/);
  assert.match((await w.cli(["trust", "list", "--json"])).stdout, /"setup":"cat \.env && /);
  const id = Number((await w.cli(flags)).stdout);
  const { status, workspace, error } = await w.ended(id);
  assert.equal(status, "completed", error?.message);
  const read = (name: string): string => readFileSync(path.join(workspace?.path ?? "", name), "utf8");
  const home = w.place.dataHome;
  const first = workspace?.ports[0] ?? 0;
  const lines = read("claude.txt").trim().split("\n");
  const others = Array.from({ length: 9 }, (_, at) => `WORKER_PORT_${at + 1}=${first + at + 1}`);
  assert.match(lines[0] ?? "", new RegExp(`^COMPOSE_PROJECT_NAME=cw-${id}-[0-9a-f]{8}$`));
  assert.deepEqual(lines.slice(1), [`TMPDIR=${home}/tmp/${id}`, `WORKER_PORT=${first}`, ...others]);
  assert.deepEqual([read("setup.txt"), read("verify.txt")], [read("claude.txt"), read("claude.txt")]);
  assert.equal(statSync(`${home}/tmp/${id}`).mode & 0o777, 0o700);
  assert.equal(read(".env"), "KEY=1\n");
  assert.deepEqual([workspace?.setup?.state, workspace?.setup?.output_tail], ["passed", "KEY=1"]);
  const logs = (await w.cli(["logs", String(id)])).stdout;
  assert.match(logs, /1 ignored file was copied as \.worktreeinclude says/);
  assert.match(logs, /\[setup\] cat \.env.*\n.*\[setup\] done after/);

  const other = Number((await w.cli([...flags, "--setup", "@none"])).stdout);
  const plain = (await w.ended(other)).workspace;
  assert.deepEqual([plain?.setup, existsSync(path.join(plain?.path ?? "", "setup.txt"))], [null, false]);
  assert.equal(plain?.ports.includes(first), false);
  assert.match(readFileSync(path.join(plain?.path ?? "", "claude.txt"), "utf8"), new RegExp(`WORKER_PORT=${plain?.ports[0]}\n`));
});

test("beside a bare repository the worktree gets the files of the one it came from", async (t) => {
  const commit = "git add . && git -c user.name=x -c user.email=x@x commit -qm Port";
  const w = await worker(t, { "port it": [step.bash(`cat .env > seen && ${commit}`), step.text("Ported.")] });
  const at = (...names: string[]): string => path.join(w.place.directory, "project", ...names);
  const git = (directory: string, ...args: string[]): string =>
    execFileSync("git", ["-C", directory, "-c", "user.name=x", "-c", "user.email=x@x", ...args], { encoding: "utf8" }).trim();
  const seed = path.dirname(w.place.file("seed/.gitignore", ".env\n"));
  w.place.file("seed/.worktreeinclude", ".env\n");
  w.place.file("seed/.claude-worker.json", JSON.stringify({ verify: { test: "test -s .env" }, setup: "grep -q KEY .env" }));
  git(seed, "init", "-q", "-b", "main");
  git(seed, "add", "-A");
  git(seed, "commit", "-qm", "first");
  w.place.file("project/.git", "gitdir: ./.bare\n");
  git(seed, "clone", "-q", "--bare", seed, at(".bare"));
  git(at(".bare"), "worktree", "add", "-q", at("main"), "main");
  git(at("main"), "worktree", "add", "-q", at("other"));
  w.place.file("project/main/.env", "KEY=1\n");
  w.place.file("project/other/.env", "KEY=2\n");
  await w.start();
  for (const place of [at("main"), at("other")]) assert.equal((await w.cli(["trust", "add", place])).code, 0);
  const flags = ["run", "port it", "--worktree", "--allow", "Bash", "--verify", "@test"];
  for (const [place, text] of [
    [at("main"), "KEY=1\n"],
    [at("other"), "KEY=2\n"],
  ] as const) {
    const id = Number((await w.cli([...flags, "--dir", place])).stdout);
    const { workspace, error, verified } = await w.ended(id);
    assert.deepEqual([error?.message, verified], [undefined, true]);
    assert.equal(readFileSync(path.join(workspace?.path ?? "", "seen"), "utf8"), text);
  }
  const landed = await w.cli(["land", "1", "--into", "main", "--yes"]);
  assert.equal(landed.code, 0, landed.stderr);
  assert.equal(git(at("main"), "show", "main:seen"), "KEY=1");
  assert.equal((await w.cli(["trust", "add", at(".bare")])).code, 0);
  const bare = await w.cli(["run", "port it", "--worktree", "--dir", at(".bare")]);
  assert.match(bare.stderr, /is a bare repository, which has no files to work on\. Choose a clone or a worktree of it/);
});

test("a set-up without a worktree, and a name of none, are refused", async (t) => {
  const w = await worker(t, {});
  await w.start();
  const inPlace = await w.cli(["run", "port it", "--setup", "npm ci"]);
  assert.match(inPlace.stderr, /setup belongs to a worktree, and the task works in place/);
  assert.match((await w.cli(["run", "port it", "--worktree", "--setup", "@ci"])).stderr, /--setup: names nothing\. Give a command like/);
});
