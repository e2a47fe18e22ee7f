import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { identityOf, isAlive } from "../../src/processes/identity.ts";
import { plainGit } from "../../testing/git-repository.ts";
import { until } from "../../testing/wait.ts";
import { fastWorker, killServer } from "./setup.ts";

test("a server that is killed in a landing leaves the branch before or after it", async (t) => {
  const w = await fastWorker(t);
  const git = (...args: string[]): string => plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  git("init", "-q", "-b", "main");
  git("commit", "-q", "--allow-empty", "-m", "first");
  const first = git("rev-parse", "HEAD");
  git("branch", "target");
  await w.start();
  const ids: number[] = [];
  for (const name of ["one", "two"]) {
    const { id } = await w.submit(`steps 2 append ${name}`, { workspace_kind: "worktree", verify: [`test -s ${name}`] });
    await w.ended(id);
    ids.push(id);
  }
  const order = { tasks: ids, into: "target" };
  // Where the branch is checked out nowhere, and where the person's checkout has it.
  const places = ["apply.computed", "land.checked", "land.moved"] as const;
  for (const place of places) {
    w.trap(place);
    await assert.rejects(w.client.landTasks(order), place);
    await w.felled(place);
    if (place !== "land.moved") assert.equal(git("rev-parse", "target"), first, place);
    assert.deepEqual([git("rev-parse", "main"), git("status", "--porcelain")], [first, ""]);
    await w.start();
  }
  const landed = git("rev-parse", "target");
  assert.deepEqual([git("rev-parse", "target~2"), git("show", "target:one"), git("show", "target:two")], [first, "1\n2", "1\n2"]);
  const again = await w.client.landTasks(order);
  assert.deepEqual([again.landed, again.tasks.map(({ state }) => state)], [false, ["already", "already"]]);
  assert.equal(git("rev-parse", "target"), landed);
  for (const id of ids) assert.partialDeepStrictEqual((await w.client.getTask({ id })).workspace?.applied, { branch: "target" });

  w.trap("apply.moved");
  await assert.rejects(w.client.landTasks({ ...order, into: "main" }));
  await w.felled("apply.moved");
  assert.deepEqual([git("rev-parse", "main~2"), git("status", "--porcelain")], [first, ""]);
  await w.start();
  const said = await w.cli(["land", ...ids.map(String), "--into", "main", "--yes"]);
  assert.match(said.stdout, /^Task 1: main has its work already\.\nTask 2: main has its work already\.\n$/);
  assert.equal(git("worktree", "list").split("\n").length, 3, "what the kills have left is removed");
});

test("the next server removes what a killed landing has left, and ends its commands", async (t) => {
  const w = await fastWorker(t);
  const git = (...args: string[]): string => plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  const worktrees = (): number => git("worktree", "list").split("\n").length;
  git("init", "-q", "-b", "main");
  git("commit", "-q", "--allow-empty", "-m", "first");
  await w.start();
  const { id } = await w.submit("steps 1 append one", { workspace_kind: "worktree" });
  await w.ended(id);
  w.trap("apply.computed");
  await assert.rejects(w.client.applyTask({ id }));
  await w.felled("apply.computed");
  assert.equal(worktrees(), 3);
  await w.start();
  await until("the end of the scratch worktree", () => worktrees() === 2);

  // The command tells its process, and waits until the server is killed.
  const pid = w.place.file("pid", "");
  const verify = [`case $PWD in *.land-*) echo $$ > ${pid}; while :; do sleep 0.1; done;; esac`];
  const { id: other } = await w.submit("steps 1 append two", { workspace_kind: "worktree", verify });
  await w.ended(other);
  const landing = assert.rejects(w.client.landTasks({ tasks: [other], into: "main" }));
  const process = await until("the command", async () => await identityOf(Number(readFileSync(pid, "utf8")) || 0));
  assert.equal(worktrees(), 4);
  await killServer(w);
  await landing;
  await w.start();
  await until("the end of the checked worktree", () => worktrees() === 3);
  assert.equal(await isAlive(process), false);
});

test("land says what fits, asks, and shows what a check printed", async (t) => {
  const w = await fastWorker(t);
  const git = (...args: string[]): string => plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  git("init", "-q", "-b", "main");
  git("commit", "-q", "--allow-empty", "-m", "first");
  await w.start();
  // Passes in the task's own worktree, and fails where the work of the first one is there, too.
  const both = "! test -e one || ! test -e two || { echo they clash; exit 4; }";
  for (const name of ["one", "two"]) {
    const { id } = await w.submit(`steps 1 append ${name}`, { workspace_kind: "worktree", verify: [both] });
    await w.ended(id);
  }
  const command = ["land", "1", "2", "--into", "main"];
  const dry = await w.cli([...command, "--dry-run"]);
  assert.deepEqual([dry.code, dry.stdout], [0, "Task 1 fits onto main: 1 file.\nTask 2 fits onto main: 1 file.\n"]);
  assert.match((await w.cli(command)).stderr, /Nothing was landed\. Without a terminal, say --yes\./);
  assert.match((await w.cli(["land", "1"])).stderr, /Say which branch gets the work: --into main/);
  const done = await w.cli([...command, "--yes", "--json"]);
  assert.deepEqual(
    (JSON.parse(done.stdout) as { tasks: { state: string }[] }).tasks.map(({ state }) => state),
    ["landed", "failed"],
  );
  const steps = done.stderr.split("\n").filter((line) => line.startsWith("  "));
  assert.match(steps.join("\n"), /^ {2}puts task 1 on top of [0-9a-f]{12}\n {2}puts task 2 on top of [0-9a-f]{12}\n {2}checks: ! test/);
  assert.match(
    steps.join("\n"),
    /failed: .*\(exit code 4\)[\s\S]*task 2 is left out: with it the check [\s\S]*\n {2}main is at [0-9a-f]{12}$/,
  );
  assert.equal(done.code, 1, "not everything landed");
  assert.match(done.stderr, /Landing 2 tasks on main\. Checked by: ! test -e one/);
  const again = await w.cli([...command, "--yes"]);
  assert.match(again.stdout, /^Task 1: main has its work already\.\nTask 2 was left out: With it the check .* fails \(exit code 4\)\./);
  assert.match(again.stdout, /they clash\n/);
  assert.deepEqual([git("rev-list", "--count", "main"), git("status", "--porcelain")], ["2", ""]);
});
