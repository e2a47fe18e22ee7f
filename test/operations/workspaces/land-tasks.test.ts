import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Git } from "../../../src/git/git.ts";
import { GitProgram } from "../../../src/git/git-program.ts";
import { SetupCache } from "../../../src/git/setup-cache.ts";
import { identityOf } from "../../../src/processes/identity.ts";
import { person } from "./setup.ts";
import { setup, statesOf } from "./land-setup.ts";

test("a check that fails once blames nobody", async (t) => {
  const { corner, worked, land, git } = setup(t);
  const mark = path.join(corner.directory, "ran");
  const task = await worked({ "a.txt": "a\n" }, `test -e ${mark} || { touch ${mark}; exit 1; }`);
  assert.deepEqual(statesOf(await land([task])), ["landed"]);
  assert.equal(git("show", "main:a.txt"), "a");
});

test("a check that failed before is named as such, and one that cannot run stops all", async (t) => {
  const { worked, land, state } = setup(t);
  const before = state();
  const red = await land([await worked({ "a.txt": "a\n" }, "echo why; exit 3")]);
  assert.deepEqual([red.landed, statesOf(red)], [false, ["failed"]]);
  assert.deepEqual(red.tasks[0]?.check, { command: "echo why; exit 3", exit_code: 3, output_tail: "why\n", failed_before: true });
  await assert.rejects(land([await worked({ "b.txt": "b\n" }, "no-such-program-x")]), {
    code: "conflict",
    message: /^The check no-such-program-x could not be run: it was not found .* Nothing was landed\.$/,
  });
  assert.deepEqual(state().slice(0, 2), before.slice(0, 2));
});

test("a branch that moves meanwhile gets the work once more on top", async (t) => {
  const { corner, worked, land, git, state } = setup(t);
  git("branch", "other");
  const move = `git -C ${corner.work} -c user.name=x -c user.email=x@x commit -q --allow-empty -m moved`;
  const once = path.join(corner.directory, "once");
  const task = await worked({ "a.txt": "a\n" }, `test -e ${once} || { touch ${once}; ${move}; }`);
  const done = await land([task]);
  assert.deepEqual(statesOf(done), ["landed"]);
  assert.equal(git("log", "--format=%s", "main").split("\n").at(1), "moved");
  const note = `cd ${corner.work} && echo more >> notes && git add notes`;
  const restless = await worked({ "b.txt": "b\n" }, `${note} && ${move}`);
  await assert.rejects(land([restless]), { code: "conflict", message: /moved twice while the work was checked\. Nothing was landed/ });
  const before = state();
  assert.deepEqual(statesOf(await land([task], { into: "other" })), ["landed"], "a branch that is checked out nowhere");
  assert.deepEqual([state()[0], git("show", "other:a.txt"), git("status", "--porcelain")], [before[0], "a", ""]);
});

test("what an earlier set-up has kept is copied, and the command is not run", async (t) => {
  const { api, corner, git, paths, store, worked, land } = setup(t);
  const ran = path.join(corner.directory, "ran");
  const commands = `mkdir modules && echo kept > modules/tool && echo x >> ${ran}`;
  corner.file("work/.gitignore", "modules/\n");
  corner.file("work/lock", "1\n");
  corner.file("work/.claude-worker.json", JSON.stringify({ setup: commands, setup_cache: { key: ["lock"], paths: ["modules"] } }));
  git("add", ".");
  git("commit", "-qm", "set-up");
  await api.addTrust({ directory: corner.work, commands: true }, person);
  const task = await worked({ "a.txt": "a\n" }, "grep -q kept modules/tool");
  const order = { key: ["lock"], paths: ["modules"], directory: path.join(paths.setupCache, path.basename(path.dirname(task.path))) };
  const { signal } = new AbortController();
  const of = {
    order,
    command: commands,
    top: task.path,
    git: new Git(new GitProgram({ PATH: process.env["PATH"] ?? "", HOME: corner.home }), task.path),
    trash: corner.directory,
    signal,
  };
  const cache = await SetupCache.open(of);
  assert.ok(typeof cache !== "string");
  task.write("modules/tool", "kept\n");
  assert.equal(await cache.store(), null);
  assert.deepEqual(statesOf(await land([task])), ["landed"]);
  assert.equal(existsSync(ran), false, "it was copied");
  const other = await worked({ lock: "2\n" }, "grep -q kept modules/tool");
  assert.deepEqual(statesOf(await land([other])), ["landed"]);
  assert.equal(readFileSync(ran, "utf8"), "x\n", "another lock file is another state");
  assert.equal(readdirSync(order.directory).filter((name) => !name.startsWith(".")).length, 1, "nothing is kept of a landing");
  assert.equal(store.applies.last(other.id)?.branch, "main");
});

test("two landings at once have their turns, and both land", async (t) => {
  const { worked, land, git } = setup(t);
  const [one, two] = [await worked({ "1.txt": "1\n" }, "test -f 1.txt"), await worked({ "2.txt": "2\n" }, "test -f 2.txt")];
  const done = await Promise.all([land([one]), land([two])]);
  assert.deepEqual(done.flatMap(statesOf), ["landed", "landed"]);
  assert.deepEqual([git("show", "main:1.txt"), git("show", "main:2.txt"), git("rev-list", "--count", "main")], ["1", "2", "3"]);
  await assert.rejects(
    Promise.all([land([one]), land([one, two])]).then(() => {}),
    { code: "conflict", message: /is busy: its work is landed/ },
  );
});

test("a conflict goes back to its task where that is asked for", async (t) => {
  const { worked, land, git, corner, store } = setup(t);
  const task = await worked({ "app.txt": "mine\n" });
  corner.file("work/app.txt", "a person's\n");
  git("commit", "-qam", "mine");
  const silent = await land([task]);
  assert.partialDeepStrictEqual(silent.tasks, [{ state: "conflict", files: ["app.txt"], message: null }]);
  await store.write(() => store.tasks.patch(task.id, 1, { sessionId: crypto.randomUUID() }));
  const said = await land([task], { send_conflicts: true });
  const [message] = store.messages.ofTask(task.id);
  assert.equal(said.tasks[0]?.reason, "The work does not fit: app.txt changed on both sides.");
  assert.equal(said.tasks[0]?.message, message?.id);
  assert.match(message?.text ?? "", new RegExp(`branch "main".*${git("rev-parse", "main")}.*\\n\\* "app\\.txt"\\n$`, "s"));
  assert.equal(store.tasks.row(task.id)?.status, "pending", "it continues");
  await assert.rejects(land([task]), { code: "conflict", message: /has not ended/ });
});

test("work with conflicts of its own, or in a rebase, is left out", async (t) => {
  const { worked, land, git, api, store } = setup(t);
  const [merging, rebasing, good] = [await worked({}), await worked({}), await worked({ "good.txt": "good\n" })];
  for (const task of [merging, rebasing]) {
    task.git("checkout", "-q", "-b", `side-${task.id}`);
    task.write("app.txt", "side\n");
    task.git("commit", "-qam", "side");
    task.git("checkout", "-q", task.branch);
    task.write("app.txt", "own\n");
    task.git("commit", "-qam", "own");
  }
  assert.throws(() => merging.git("merge", "-q", `side-${merging.id}`));
  assert.throws(() => rebasing.git("rebase", "-q", `side-${rebasing.id}`));
  rebasing.write("app.txt", "resolved\n");
  const found = await land([merging, rebasing, good]);
  assert.deepEqual(statesOf(found), ["conflict", "conflict", "landed"]);
  assert.deepEqual(
    found.tasks.slice(0, 2).map(({ reason, files }) => [reason, files]),
    [
      [`Files in the worktree of task ${merging.id} have conflicts of a merge that are not resolved: app.txt.`, ["app.txt"]],
      [`In the worktree of task ${rebasing.id} a rebase is not finished.`, []],
    ],
  );
  assert.equal(git("show", "main:app.txt"), "one");
  for (const way of ["squash", "patch", "merge", "rebase"] as const)
    for (const { id } of [merging, rebasing])
      await assert.rejects(api.applyTask({ id, way, dry_run: true }, person), {
        code: "conflict",
        message: new RegExp(`(not resolved: app\\.txt|not finished)\\. Let the task finish it: claude-worker send ${id} "`),
      });
  await store.write(() => store.tasks.patch(merging.id, 1, { sessionId: crypto.randomUUID() }));
  const [said] = (await land([merging], { send_conflicts: true })).tasks;
  assert.equal(said?.message, store.messages.ofTask(merging.id)[0]?.id);
  rebasing.git("add", ".");
  rebasing.git("-c", "core.editor=true", "rebase", "--continue");
  assert.deepEqual(statesOf(await land([rebasing])), ["landed"]);
});

test("what must not be is refused, and changes nothing", async (t) => {
  const { api, worked, land, corner, git, state } = setup(t);
  const task = await worked({ "a.txt": "a\n" });
  await assert.rejects(land([task], { into: "nope" }), { code: "conflict", message: /^There is no branch nope\./ });
  for (const into of ["-q", "main~0", "HEAD", "../main", "a b", "main\n"])
    await assert.rejects(land([task], { into }), { code: "conflict" }, into);
  corner.file("work/app.txt", "a person's\n");
  const before = state();
  await assert.rejects(land([task]), { code: "conflict", message: /has changes that are not committed: app\.txt/ });
  assert.deepEqual(state(), before);
  git("checkout", "-q", "app.txt");
  corner.file("work/a.txt", "in the way\n");
  await assert.rejects(land([task]), { code: "conflict", message: /would be lost: a\.txt/ });
  assert.equal(readFileSync(path.join(corner.work, "a.txt"), "utf8"), "in the way\n");
  await assert.rejects(
    api.landTasks({ tasks: [task.id], into: "main", way: "squash", send_conflicts: false, dry_run: false }, { ...person, taskId: task.id }),
    { code: "forbidden" },
  );
});

test("checks run in a worktree that is set up, and leave nothing running", async (t) => {
  const { corner, worked, land, git } = setup(t);
  corner.file("work/.gitignore", "secret\n");
  corner.file("work/.worktreeinclude", "secret\n");
  git("add", ".");
  git("commit", "-qm", "ignore");
  writeFileSync(path.join(corner.work, "secret"), "s\n");
  const pid = path.join(corner.directory, "pid");
  const task = await worked({ "a.txt": "a\n" }, `test -f secret && test -f a.txt && { setsid sleep 600 & echo $! > ${pid}; }`);
  assert.deepEqual(statesOf(await land([task])), ["landed"]);
  assert.equal(await identityOf(Number(readFileSync(pid, "utf8"))), null);
});

test("the checks of a task run only while its caller may ask for them", async (t) => {
  const { store, worked, land, state } = setup(t);
  const task = await worked({ "new.txt": "new\n" }, "true");
  await store.write(() => store.callers.put(task.id, { name: "token:gone", scope: "submit", tokenId: 99, isAgent: false }));
  const before = state();
  await assert.rejects(land([task]), { code: "forbidden", message: /token gone|gone.*was removed/ });
  await store.write(() => store.callers.put(task.id, { name: "an agent", scope: "submit", tokenId: null, isAgent: true }));
  await assert.rejects(land([task]), { code: "forbidden" });
  assert.deepEqual(state(), before);
});

test("what a judge is asked never gets to a shell, and counts as it was found", async (t) => {
  const { store, corner, worktree, land, git } = setup(t);
  const mark = path.join(corner.directory, "ran");
  const more = { judge: `touch ${mark}`, protect: [`$(touch ${mark})`], verify: [] };
  const [good, bad, unasked] = [
    await worktree({ "a.txt": "a\n" }, more),
    await worktree({ "b.txt": "b\n" }, more),
    await worktree({ "c.txt": "c\n" }, more),
  ];
  for (const [task, judged] of [
    [good, "passed"],
    [bad, "failed"],
  ] as const)
    for (const name of ["@protect", "@judge"])
      await store.write(() => {
        const attemptId = store.attempts.ofTask(task.id)[0]?.id ?? 0;
        const of = { taskId: task.id, attemptId, name };
        store.verifications.start({ ...of, command: "x", startedAt: 1, isBaseline: false });
        const state = name === "@judge" ? judged : "passed";
        store.verifications.end({ ...of, state, exitCode: null, reason: null, outputTail: "It has no tests.", tree: null, tookMs: 1 });
      });
  const plan = await land([good, bad, unasked], { dry_run: true });
  assert.deepEqual([plan.checks, statesOf(plan)], [[], ["landed", "failed", "failed"]]);
  const done = await land([good, bad, unasked]);
  assert.deepEqual(statesOf(done), ["landed", "failed", "failed"]);
  assert.equal(existsSync(mark), false);
  assert.match(done.tasks[1]?.reason ?? "", /^Its check @judge has not passed \(failed\)\. .*claude-worker retry 2 --resume/);
  assert.match(done.tasks[2]?.reason ?? "", /^Its check @protect has not passed \(pending\)\./);
  assert.equal(git("ls-tree", "--name-only", "main"), "a.txt\napp.txt");
});

test("checks of work from a sandbox run in one, or nothing lands", async (t) => {
  const { corner, paths, worktree, worked, land } = setup(t);
  const outside = path.join(corner.directory, "outside");
  const boxed = await worktree(
    { "a.txt": "a\n" },
    { sandbox: "on", verify: [`test -f a.txt && touch inside; touch ${outside}; test -f inside`] },
  );
  const plain = await worked({ "b.txt": "b\n" }, "true");
  const done = land([boxed, plain]);
  // Bubblewrap is not on every machine.
  const found = await done.then(statesOf).catch(({ message }: Error) => message);
  if (Array.isArray(found)) assert.deepEqual(found, ["landed", "landed"]);
  else assert.match(found, /could not be run: (The sandbox needs|The package|No command can be run in a sandbox).* Nothing was landed\.$/);
  assert.equal(existsSync(outside), false);
  assert.deepEqual(existsSync(path.join(paths.home, "sandbox")) ? readdirSync(path.join(paths.home, "sandbox")) : [], []);
});
