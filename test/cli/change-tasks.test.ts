import assert from "node:assert/strict";
import { test } from "node:test";
import { withServer } from "./setup.ts";

test("a word that is not an id is a usage error", async (t) => {
  const { call } = await withServer(t);
  for (const id of ["0", "-0", "#0", "99999999999999999999"]) assert.equal((await call(["show", id])).code, 2, id);
  const missing = await call(["show", "99"]);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /There is no task 99/);
});

test("cancel, retry and rm do what they can for several tasks and report the rest", async (t) => {
  const { call, api } = await withServer(t);
  for (const prompt of ["one", "two"]) await call(["run", prompt]);
  assert.deepEqual(await call(["cancel", "1"]).then(({ code, stdout }) => [code, stdout]), [0, "Task 1 is cancelled.\n"]);
  const both = await call(["cancel", "1", "2"]);
  assert.deepEqual([both.code, both.stdout], [0, "Task 1 is cancelled.\nTask 2 is cancelled.\n"]);
  await api.finish(Number((await call(["run", "done"])).stdout));
  const ended = await call(["cancel", "2", "3"]);
  assert.deepEqual([ended.code, ended.stdout], [1, "Task 2 is cancelled.\n"]);
  assert.match(ended.stderr, /^Error: Task 3 is completed already/);
  assert.match((await call(["retry", "1"])).stdout, /^Task 1 is to run again/);
  const json = (await call(["rm", "1", "2", "--json"])).json() as { tasks: object[]; errors: object[] };
  assert.deepEqual(json.tasks, [{ id: 2 }]);
  assert.deepEqual(
    json.errors.map((each) => ({ ...each, message: "" })),
    [{ id: 1, code: "conflict", message: "" }],
  );
  await call(["run", "three"]);
  assert.deepEqual(Object.keys((await call(["cancel", "last", "--json"])).json()), ["tasks"], "no errors where there were none");
  assert.equal((await call(["rm", "1"])).code, 1);
});

test("cancel, retry and rm take all tasks that fit a filter", async (t) => {
  const { call, api } = await withServer(t);
  const done = async (...words: string[]) => await call(words).then(({ code, stdout }) => [code, stdout.trim().split("\n")]);
  for (const verb of ["cancel", "retry", "rm"]) {
    const nothing = await call([verb, "--all"]);
    assert.deepEqual([nothing.code, nothing.stdout, nothing.stderr], [0, "", "No task fits, so nothing was done.\n"], verb);
    assert.deepEqual((await call([verb, "--all", "--json"])).json(), { tasks: [] });
  }
  await call(["run", "one", "--label", "team=core"]);
  await call(["run", "two", "--group", "nightly", "--label", "team=core"]);
  await call(["run", "three", "--group", "nightly", "--stall-timeout", "10m"]);
  assert.equal((await api.getTask({ id: 3 })).stall_timeout_ms, 600_000);
  assert.deepEqual(await done("cancel", "--group", "nightly", "--label", "team=core"), [0, ["Task 2 is cancelled."]]);
  assert.deepEqual(await done("cancel", "--status", "pending"), [0, ["Task 3 is cancelled.", "Task 1 is cancelled."]]);
  assert.deepEqual(await done("retry", "--all"), [0, [""]]);
  await call(["retry", "1"]);
  await api.finish(1, "failed");
  assert.deepEqual(await done("retry", "--all", "--priority", "5"), [0, ["Task 1 is to run again. Follow it: claude-worker watch 1"]]);
  assert.deepEqual([(await api.getTask({ id: 1 })).priority, (await api.getTask({ id: 2 })).priority], [5, 0]);
  for (const filter of [["--all"], ["--status", "cancelled"], ["--label", "team=core"], ["--group", "nightly"]]) {
    const refused = await call(["rm", ...filter]);
    assert.deepEqual([refused.code, refused.stdout], [2, ""], filter.join(" "));
    assert.match(
      refused.stderr,
      /^Error: This would remove \d ended tasks? with their events and logs: without a terminal it needs --yes\./,
    );
  }
  assert.equal((await api.getTask({ id: 3 })).status, "cancelled", "nothing was removed");
  assert.deepEqual(await done("rm", "--status", "cancelled", "--yes"), [0, ["Task 3 is removed.", "Task 2 is removed."]]);
  for (const [words, sentence] of [
    [["cancel"], /^Error: Which tasks\? Name them/],
    [["cancel", "1", "--all"], /not both/],
    [["cancel", "--status", "failed"], /^Error: A task that is failed cannot be cancelled\. Possible statuses: pending, running, waiting/],
    [["rm", "--status", "pending"], /A task that is pending cannot be removed/],
  ] as const) {
    const { code, stderr } = await call([...words]);
    assert.equal(code, 2, words.join(" "));
    assert.match(stderr, sentence);
  }
});

test("retry changes what its flags say; --label and --group change a named task", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "one"]);
  await call(["cancel", "1"]);
  const flags = [
    "--allow",
    "Bash(git push)",
    "--model",
    "opus",
    "--timeout",
    "1h30m",
    "--group",
    "slow",
    "--label",
    "a=b",
    "--system",
    "Be brief.",
  ];
  assert.equal((await call(["retry", "1", ...flags])).code, 0);
  const { allow, model, timeout_ms, group, labels, system_prompt } = await api.getTask({ id: 1 });
  assert.deepEqual(
    [allow, model, timeout_ms, group, labels, system_prompt],
    [["Bash(git push)"], "opus", 5_400_000, "slow", { a: "b" }, "Be brief."],
  );
  const refused = await call(["retry", "1", "--name", ""]);
  assert.equal(refused.code, 2);
});

test("edit changes name, priority and labels, and leaves other labels alone", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "one", "--name", "first", "--label", "a=1", "--label", "b=2"]);
  const changed = await call(["edit", "1", "--priority", "7", "--label", "c=3", "--remove-label", "a"]);
  assert.deepEqual([changed.code, changed.stdout], [0, "Task 1 is changed.\n"]);
  const { name, priority, labels } = await api.getTask({ id: 1 });
  assert.deepEqual([name, priority, labels], ["first", 7, { b: "2", c: "3" }]);
  await call(["edit", "1", "--name", ""]);
  assert.equal((await api.getTask({ id: 1 })).name, null);
  assert.match((await call(["edit", "1"])).stderr, /^Error: Nothing to change/);
});

test("prune without a terminal needs --yes, and says how to count first", async (t) => {
  const { call } = await withServer(t);
  const refused = await call(["prune"]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^Error: prune deletes tasks .* needs --yes.*--dry-run/);
  assert.equal((await call(["prune", "--dry-run"])).code, 0);
  assert.equal((await call(["prune", "--yes"])).code, 0);
});

test("move puts tasks elsewhere in the queue, and show says where", async (t) => {
  const { call, api } = await withServer(t);
  for (const words of [["one"], ["two"], ["three", "-g", "night"], ["four", "-g", "night"]]) await call(["run", ...words]);
  const order = (): number[] => api.store.tasks.startable(Date.now(), 9);
  assert.equal((await call(["move", "3", "4", "--front"])).stdout, "Task 4 is moved to the front.\nTask 3 is moved to the front.\n");
  assert.deepEqual(order(), [3, 4, 1, 2]);
  assert.equal((await call(["move", "3", "--front"])).stdout, "Task 3 is moved to the front.\n");
  assert.equal((await call(["move", "2", "--before", "3"])).stdout, "Task 2 is moved before task 3.\n");
  await call(["move", "-g", "night", "--back"]);
  assert.deepEqual(order(), [2, 1, 3, 4]);
  await call(["move", "--all", "--before", "3"]);
  assert.deepEqual(order(), [1, 2, 4, 3]);
  assert.match((await call(["show", "2"])).stdout, /Place +moved before task 3\n/);
  await call(["cancel", "1"]);
  for (const [words, code, sentence] of [
    [["move", "2"], 2, /Say where to: give one of --front, --back and --before TASK/],
    [["move", "2", "--front", "--back"], 2, /give one of/],
    [["move", "--back"], 2, /Which tasks\? Name them/],
    [["move", "2", "--before", "2"], 2, /Task 2 cannot be moved before itself/],
    [["move", "1", "--front"], 1, /Task 1 is cancelled\. Only a task that has not started can be moved/],
    [["move", "2", "--before", "1"], 1, /Task 1 is cancelled\. A task can be moved only before one that has not started/],
    [["move", "2", "--before", "99"], 1, /There is no task 99/],
  ] as const) {
    const { code: is, stderr } = await call([...words]);
    assert.equal(is, code, `${words.join(" ")}: ${stderr}`);
    assert.match(stderr, sentence);
  }
});

test("retry runs several tasks again in the order that they depend on each other", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "build"]);
  await call(["run", "test", "--after", "1"]);
  await call(["run", "report", "--after", "2"]);
  const again = "Task 1 is to run again. Follow it: claude-worker watch 1";
  const reasons = async () =>
    (await Promise.all([1, 2, 3].map(async (id) => await api.getTask({ id })))).map((task) => task.waiting_for?.blocker);
  for (const words of [
    ["--status", "cancelled"],
    ["3", "2", "1"],
  ]) {
    const cancelled = await call(["cancel", "1", "2", "3"]);
    assert.deepEqual([cancelled.code, cancelled.stdout.match(/\d/g)], [0, ["3", "2", "1"]], cancelled.stderr);
    const { stdout } = await call(["retry", ...words]);
    assert.equal(stdout.split("\n")[0], again, words.join(" "));
    assert.deepEqual(await reasons(), [null, "task:1", "task:2"], words.join(" "));
  }
});

test("enqueue of several tasks begins with those that start first", async (t) => {
  const { call } = await withServer(t);
  await call(["run", "one", "--stash"]);
  assert.match((await call(["show", "1"], { columns: 80 })).stdout, /Next.*\n {2}claude-worker enqueue 1 +put it into the queue\n/);
  await call(["run", "two", "--stash"]);
  await call(["run", "three", "--stash", "--priority", "5"]);
  const { stdout } = await call(["enqueue", "--all"]);
  assert.deepEqual(stdout.match(/\d+/g), ["3", "1", "2"]);
});

test("a retry that puts the task aside says so", async (t) => {
  const { call } = await withServer(t);
  await call(["run", "one"]);
  await call(["cancel", "1"]);
  assert.match((await call(["retry", "1", "--stash"])).stdout, /^Task 1 is put aside/);
});

test("edit and retry take the value of an option away", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "one", "--model", "opus", "--window", "22:00-07:00", "--allow", "Read", "--delay", "2h"]);
  const shown = async () => {
    const { model, window, allow, not_before: start } = await api.getTask({ id: 1 });
    return [model, window, allow, start === null];
  };
  assert.deepEqual(await shown(), ["opus", "22:00-07:00", ["Read"], false]);
  const edited = await call(["edit", "1", "--unset", "window", "--unset", "not-before", "--unset", "allow", "--priority", "2"]);
  assert.equal(edited.code, 0, edited.stderr);
  assert.deepEqual(await shown(), ["opus", null, [], true]);
  await call(["cancel", "1"]);
  assert.equal((await call(["retry", "1", "--unset", "model"])).code, 0);
  assert.deepEqual(await shown(), [null, null, [], true]);
  assert.match((await call(["edit", "1", "--unset", "windw"])).stderr, /no option windw of tasks\. Did you mean window\?/);
  assert.match((await call(["edit", "1", "--unset", "model", "--model", "opus"])).stderr, /set and unset at once/);
});
