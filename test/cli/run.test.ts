import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { WorkerError } from "../../src/domain/errors.ts";
import { withServer } from "./setup.ts";

test("run prints the id on a pipe, next commands on a terminal, and JSON on request", async (t) => {
  const { call, place } = await withServer(t);
  assert.equal((await call(["run", "one"])).stdout, "1\n");
  const onTerminal = await call(["run", "two"], { columns: 100 });
  assert.match(onTerminal.stdout, /^Task 2 is submitted: two\.\nNext: claude-worker watch 2/);
  const task = (await call(["run", "three", "--json"])).json();
  assert.deepEqual([task["id"], task["prompt"], task["working_directory"]], [3, "three", place.work]);
});

test("run passes on every flag", async (t) => {
  const { call, api, place } = await withServer(t);
  const words = [
    "-d",
    "sub",
    "--system",
    "Be brief",
    "-m",
    "opus",
    "-n",
    "name",
    "--permission-mode",
    "plan",
    "--allow",
    "Read",
    "--deny",
    "Bash",
  ];
  const limits = [
    "--max-turns",
    "3",
    "--max-budget-usd",
    "0.5",
    "--timeout",
    "30m",
    "--retries",
    "2",
    "--priority",
    "7",
    "--label",
    "team=a",
  ];
  mkdirSync(path.join(place.work, "sub"));
  assert.equal((await call(["run", "do it", ...words, ...limits])).code, 0);
  const task = await api.getTask({ id: 1 });
  assert.equal(task.working_directory, path.join(place.work, "sub"));
  assert.deepEqual([task.system_prompt, task.model, task.name, task.permission_mode], ["Be brief", "opus", "name", "plan"]);
  assert.deepEqual([task.allow, task.deny], [["Read"], ["Bash"]]);
  assert.deepEqual([task.max_turns, task.max_budget_usd, task.timeout_ms, task.retries, task.priority], [3, 0.5, 1_800_000, 2, 7]);
  assert.deepEqual(task.labels, { team: "a" });
});

test("a wrong value of a flag of run is refused by the flag's name", async (t) => {
  const { call, api } = await withServer(t);
  const refused: [string[], RegExp][] = [
    [["--dir", ""], /^Error: --dir must not be empty/],
    [["-d", " "], /^Error: --dir must not be empty/],
    [["--timeout", "0s"], /^Error: --timeout must be a duration from 1s to 30d, not "0s"\.$/m],
    [["--timeout", "999999d"], /^Error: --timeout must be a duration from 1s to 30d/],
    [["--name", ""], /^Error: --name: must not be empty\.\n$/],
    [["--name", "n".repeat(201)], /^Error: --name: must have at most 200 characters\.\n$/],
    [["--model", ""], /^Error: --model: must not be empty\.\n$/],
    [["--allow", ""], /^Error: --allow: must not be empty\.\n$/],
    [["--allow", "Bash(ls"], /^Error: --allow: the permission rule Bash\(ls is malformed: its brackets do not match\./],
    [["--deny", "Bash("], /^Error: --deny: the permission rule Bash\( is malformed/],
    [["--label", "a b=c"], /^Error: --label: a label's key has 1-63 letters/],
    [["--max-budget-usd", "9999999"], /^Error: --max-budget-usd: /],
    [["--name", "", "--model", ""], /^Error: --name: must not be empty\. --model: must not be empty\.\n$/],
  ];
  for (const [flags, message] of refused) {
    const { code, stderr } = await call(["run", "x", ...flags]);
    assert.match(stderr, message);
    assert.equal(code, 2, flags.join(" "));
  }
  const { error } = (await call(["run", "x", "--name", "", "--json"])).json() as { error: { errors: { pointer: string }[] } };
  assert.deepEqual(
    error.errors.map(({ pointer }) => pointer),
    ["/name"],
  );
  assert.deepEqual(api.calls, []);
});

test("run takes the model from this call's environment, and a flag before that", async (t) => {
  const { call, api } = await withServer(t);
  const env = { CLAUDE_WORKER_MODEL: "haiku", CLAUDE_WORKER_PERMISSION_MODE: "plan" };
  await call(["run", "x"], { env });
  assert.deepEqual([(await api.getTask({ id: 1 })).model, (await api.getTask({ id: 1 })).permission_mode], ["haiku", "plan"]);
  await call(["run", "x", "-m", "opus"], { env });
  assert.equal((await api.getTask({ id: 2 })).model, "opus");
});

test("an untrusted directory is refused with 4, and --trust needs a terminal", async (t) => {
  const { call, api } = await withServer(t);
  api.failNextSubmit = new WorkerError("untrusted_directory", "/x is not trusted. If you trust it: claude-worker trust add /x", [
    { pointer: "/working_directory", detail: "not trusted" },
  ]);
  const refused = await call(["run", "x"]);
  assert.deepEqual([refused.code, refused.stdout], [4, ""]);
  assert.equal(refused.stderr, "Error: /x is not trusted. If you trust it: claude-worker trust add /x\n");
  api.failNextSubmit = new WorkerError("untrusted_directory", "not trusted");
  const without = await call(["run", "x", "--trust"], { input: "y" });
  assert.equal(without.code, 2);
  assert.match(without.stderr, /needs a terminal.*claude-worker trust add/);
});

for (const [typed, code, said] of [
  ["y\n", 0, /^Trust .*\/usr\?[\s\S]*Task 1 is submitted/],
  ["Yes\n", 0, /Task 1 is submitted/],
  ["n\n", 4, /Not trusted, so nothing was submitted\.\n$/],
  ["\n", 4, /Not trusted/],
  ["yet another word\n", 4, /Not trusted/],
  ["\u0004", 4, /Not trusted/],
  ["\u0003", 130, /Not trusted/],
] as const) {
  test(`run --trust asks a person: ${JSON.stringify(typed)} exits with ${code}`, async (t) => {
    const { call, api } = await withServer(t);
    api.failNextSubmit = new WorkerError("untrusted_directory", "not trusted");
    const answer = await call(["run", "x", "--trust"], { typed, columns: 80, cwd: "/usr" });
    assert.equal(answer.code, code, answer.stderr);
    assert.match(answer.stderr + answer.stdout, said);
    assert.deepEqual(
      (await api.listTrust()).directories.flatMap(({ path, by }) => (by === "claude-worker" ? path : [])),
      code === 0 ? ["/usr"] : [],
    );
    assert.equal((await api.listTasks({})).tasks.length, code === 0 ? 1 : 0);
  });
}

test("a prompt that begins with a dash is told how to be given", async (t) => {
  const { call } = await withServer(t);
  // With a known flag's letter it is taken for that flag: then there is no prompt.
  assert.match((await call(["run", "-need a prompt"])).stderr, /run -- "-…"/);
  for (const prompt of [
    "-fix the bug",
    "-zip the logs",
    "- [ ] do the thing",
    "- a\n- b",
    "--fix the flag parser",
    "-wfix it",
    "-need $HOME",
    "--fix",
  ]) {
    const { code, stderr } = await call(["run", prompt]);
    assert.equal(code, 2, prompt);
    assert.match(stderr, /claude-worker run -- "-/, prompt);
    assert.equal((await call(["run", "--", prompt])).code, 0);
  }
  assert.match(
    (await call(["run", "-zip the logs"])).stderr,
    /put -- before it, behind the flags: claude-worker run -- "-zip the logs" · See/,
  );
  assert.doesNotMatch((await call(["list", "--fix"])).stderr, / -- /);
});
