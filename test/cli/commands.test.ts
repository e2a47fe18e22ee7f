import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { WorkerError } from "../../src/domain/errors.ts";
import { eventually } from "../../testing/eventually.ts";
import { plainInput } from "../../testing/plain-task.ts";
import { patch, showAs, withoutServer, withServer } from "./setup.ts";
import type { ServedCli } from "./setup.ts";

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

test("list is a table on a terminal and tab-separated lines elsewhere", async (t) => {
  const { call, api } = await filled(t);
  const lines = (await call(["list"])).stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t"));
  assert.deepEqual(
    lines.map(([id, status]) => [id, status]),
    [
      ["3", "pending"],
      ["2", "completed"],
      ["1", "failed"],
    ],
  );
  assert.deepEqual(
    lines.map((fields) => fields.length),
    [9, 9, 9],
  );
  assert.equal(lines[1]?.[7], "two");
  const onTerminal = (await call(["list"], { columns: 80, env: { NO_COLOR: "1" } })).stdout.split("\n");
  assert.match(onTerminal[0] ?? "", /^ID  STATUS +CREATED +TOOK +COST  TASK$/);
  assert.match(onTerminal[1] ?? "", /^ 3  … pending +just now +three  \(starts now\)$/);
  assert.match(onTerminal[2] ?? "", /^ 2  ✔ completed/);
  assert.ok(onTerminal.every((line) => line.length <= 80));
  assert.equal((await api.getTask({ id: 2 })).prompt, "two\x1b[31m");
});

test("list says how many more there are, and why nothing starts", async (t) => {
  const { call, api } = await withServer(t);
  for (let each = 1; each <= 25; each++) await call(["run", `task ${each}`]);
  await call(["hold", "lunch"]);
  const page = (await call(["list"], { columns: 80, env: { NO_COLOR: "1" } })).stdout.trimEnd().split("\n");
  assert.equal(page.length, 23);
  assert.deepEqual(page.slice(-2), ["… and 5 more: claude-worker list --all", "held, 25 tasks wait: lunch"]);
  assert.equal((await call(["list", "--all"])).stdout.trimEnd().split("\n").length, 25);
  assert.equal((await call(["list", "--limit", "3"])).stdout.trimEnd().split("\n").length, 3);
  const json = (await call(["list", "--json", "--limit", "2"])).json();
  assert.deepEqual(Object.keys(json), ["tasks", "next_cursor"]);
  const next = (await call(["list", "--json", "--limit", "2", "--cursor", String(json["next_cursor"])])).json() as {
    tasks: { id: number }[];
  };
  assert.deepEqual(
    next.tasks.map(({ id }) => id),
    [23, 22],
  );
  assert.equal((await api.server()).counts.pending, 25);
});

test("list says what to do when there is nothing", async (t) => {
  const { call } = await withServer(t);
  assert.equal((await call(["list"], { columns: 80, env: { NO_COLOR: "1" } })).stdout, 'No tasks. Submit one: claude-worker run "…"\n');
  assert.deepEqual(await call(["list"]).then(({ code, stdout }) => [code, stdout]), [0, ""]);
});

test("show has everything about a task, and is harmless to a terminal without --raw", async (t) => {
  const { call } = await filled(t);
  const page = (await call(["show", "2"], { columns: 80, env: { NO_COLOR: "1" } })).stdout;
  for (const part of [
    /^Task 2  ✔ completed\n  two\n/,
    /Directory +\/\S+/,
    /Permissions  acceptEdits/,
    /\nPrompt\n  two\n/,
    /\nResult\n  done\n/,
  ])
    assert.match(page, part);
  assert.doesNotMatch(page, /\x1b/);
  assert.match((await call(["show", "#2", "--raw"])).stdout, /two\x1b\[31m/);
  assert.equal((await call(["status", "2", "--json"])).json()["result"], "done");
});

test("show cuts a long prompt on a terminal, and nowhere else", async (t) => {
  const { call } = await withServer(t);
  await call(["run", "-"], { input: Array.from({ length: 40 }, (_, index) => `line ${index + 1}`).join("\n") });
  const onTerminal = (await call(["show", "1"], { columns: 80, env: { NO_COLOR: "1" } })).stdout;
  assert.match(onTerminal, /\n {2}line 6\n {2}… 34 more lines: claude-worker show 1 --json \| jq -r \.prompt\n/);
  assert.match((await call(["show", "1"])).stdout, /\n {2}line 40\n/);
});

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
    [["cancel", "--status", "failed"], /^Error: There is nothing to cancel in a task that is failed\. Possible: pending, running\./],
    [["rm", "--status", "pending"], /nothing to rm in a task that is pending/],
  ] as const) {
    const { code, stderr } = await call([...words]);
    assert.equal(code, 2, words.join(" "));
    assert.match(stderr, sentence);
  }
});

test("a completed task's attention stands beside its status and can be listed", async (t) => {
  const { call, api } = await withServer(t);
  for (const prompt of ["good", "odd"]) await call(["run", prompt]);
  for (const id of [1, 2]) await api.finish(id);
  await patch(api, 2, { attention: [{ kind: "denied", count: 2, detail: "Bash: git push" }] });
  const shown = async (...words: string[]): Promise<string> => (await call(words, { columns: 120, env: { NO_COLOR: "1" } })).stdout;
  assert.match(await shown("list"), /✔ completed ⚠ 2 denied .*odd/);
  assert.match(await shown("list"), /✔ completed {2,}.*good/);
  assert.doesNotMatch(await shown("list", "--attention"), /good/);
  assert.match(await shown("show", "2"), /✔ completed ⚠ 2 denied/);
  assert.match(await shown("show", "2"), /2 denied: Bash: git push/);
  assert.match(await shown("wait", "2"), /completed ⚠ 2 denied/);
  const codes = await Promise.all([["1"], ["2"], ["1", "2"]].map(async (ids) => (await call(["wait", "--strict", ...ids])).code));
  assert.deepEqual(codes, [0, 1, 1]);
});

test("show leads from a failure to the retry that has a chance", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  await api.finish(1, "failed");
  const first = async (part: object): Promise<string> => {
    showAs(api, { attempts: 1, attention: [], deny: [], error: null, ...part });
    const page = (await call(["show", "1"], { columns: 100, env: { NO_COLOR: "1" } })).stdout;
    return /\nNext\n {2}(.*?)(?: {2}.*)?\n/.exec(page)?.[1] ?? page;
  };
  const denied = (detail: string, deny: string[] = []): object => ({ deny, attention: [{ kind: "denied", count: 1, detail }] });
  const failed = (code: string, message = "x"): object => ({ error: { code, message, retryable: false } });
  const expected: [object, string][] = [
    [denied("Bash: git push origin main"), 'retry 1 --allow "Bash(git push origin main)"'],
    [denied("Bash: npm test; Write: /etc/x; …"), 'retry 1 --allow "Bash(npm test)" --allow Write'],
    [denied('Bash: echo "$HOME"'), `retry 1 --allow 'Bash(echo "$HOME")'`],
    [denied("Bash: cd x; ls"), 'retry 1 --allow "…"'],
    [denied("Bash: git push", ["Bash(git push:*)"]), "logs 1"],
    [{ ...failed("budget_exhausted"), max_budget_usd: 0.3, cost_usd: 0.36 }, "retry 1 --max-budget-usd 0.72"],
    [{ ...failed("agent_failed"), max_turns: 2, num_turns: 3 }, "retry 1 --max-turns 4"],
    [{ ...failed("timed_out", "Stopped: the attempt ran longer than its time limit."), timeout_ms: 90_000 }, "retry 1 --timeout 180s"],
    [{ ...failed("timed_out", "Stopped: the attempt was silent for longer"), stall_timeout_ms: 600 }, "retry 1 --stall-timeout 2s"],
    [failed("broken_settings"), "retry 1 --ignore-broken-settings"],
    [failed("no_work"), "logs 1"],
  ];
  for (const [part, command] of expected) assert.equal(await first(part), `claude-worker ${command}`);
});

test("an empty list says whether there are tasks at all, and behind -- stands no flag", async (t) => {
  const { call } = await withServer(t);
  const list = async (...flags: string[]): Promise<string> =>
    (await call(["list", ...flags], { columns: 80, env: { NO_COLOR: "1" } })).stdout;
  assert.match(await list("--all", "--limit", "3"), /^No tasks\. Submit one/);
  for (const flags of [["--status", "failed"], ["--attention"], ["--text", "x", "--all"]])
    assert.match(await list(...flags), /^No task fits/);
  const { stdout, stderr } = await call(["run", "--", "a", "--json"]);
  assert.equal(stdout, "");
  assert.match(stderr, /Flags stand before the --/);
});

test("server start names the server that runs, and restore a file that is not there", async (t) => {
  const { call, api } = await withServer(t);
  const started = await call(["server", "start"]);
  assert.equal(started.code, 1);
  assert.match(started.stderr, new RegExp(`^Error: The server runs already: pid ${(await api.server()).pid}, `));
  assert.match((await call(["db", "restore", "/nope.db"])).stderr, /^Error: There is no file \/nope\.db\.$/m);
});

test("config set says when the running server has another value", async (t) => {
  const { call, api } = await withServer(t);
  const config = await api.config();
  const set = async (needs_restart: boolean): Promise<string> => {
    const setting = { key: "workers", value: 4, origin: "file" as const, needs_restart, description: "" };
    api.config = async () => ({ ...config, settings: [setting] });
    return (await call(["config", "set", "workers", "8"])).stderr;
  };
  assert.match(await set(true), /another value until: claude-worker server restart/);
  assert.equal(await set(false), "");
});

test("show names each limit and the group, and cuts a prompt of one long line", async (t) => {
  const { call } = await withServer(t);
  const limits = ["--max-turns", "3", "--max-budget-usd", "0.3", "--timeout", "3s", "--stall-timeout", "5m", "--group", "night"];
  await call(["run", "word ".repeat(20_000), ...limits]);
  const page = (await call(["show", "1"], { columns: 80, env: { NO_COLOR: "1" } })).stdout;
  assert.match(page, /Limits +3 turns · budget \$0\.3000 · time 3\.0 s · silence 5 m\S*/);
  assert.match(page, /Group +night\n/);
  assert.match(page, /… 1\d\d\d more lines: claude-worker show 1 --json/);
  assert.ok(page.split("\n").length < 40);
  const help = (await call(["retry", "--help"])).stdout;
  assert.doesNotMatch(help, /default:/);
  assert.match(help, /options without a flag stay unchanged/);
});

test("the command at the end of a long reason to wait is not cut", async (t) => {
  const { call } = await withServer(t);
  const message = `${"a long reason ".repeat(30)}, then: claude-worker resume`;
  assert.equal((await call(["hold", message])).code, 0);
  assert.ok((await call(["run", "x"], { columns: 5000 })).stdout.includes(message));
  assert.ok((await call(["list"])).stdout.endsWith(`(${message})\n`));
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

test("hold, resume and trust say what they did", async (t) => {
  const { call } = await withServer(t);
  assert.match((await call(["hold", "lunch"])).stdout, /^Nothing starts until: claude-worker resume\n {2}held, 0 tasks wait: lunch\n$/);
  assert.equal((await call(["resume"])).stdout, "Tasks start again.\n");
  assert.equal((await call(["trust", "add", "."], { cwd: "/usr" })).stdout, "Trusted: /usr\n");
  assert.match((await call(["trust", "list"])).stdout, /^\/usr\tclaude-worker\t\d{4}-/m);
  assert.match((await call(["trust", "list"], { columns: 80 })).stdout, /DIRECTORY/);
  assert.equal((await call(["trust", "remove", "/usr"])).code, 0);
  assert.doesNotMatch((await call(["trust", "list"])).stdout, /\/usr/);
});

test("logs shows the story, its newest lines, its newest part, or every event as JSON", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  for (let each = 1; each <= 30; each++) await api.tell(1, "text", { text: `line ${each}\nmore` });
  assert.equal((await call(["logs", "1"])).stdout.trimEnd().split("\n").length, 61);
  assert.deepEqual(
    (await call(["logs", "1", "-n", "3"])).stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(25)),
    ["more", "line 30", "more"],
  );
  assert.equal((await call(["logs", "1", "-n", "0"])).stdout, "");
  assert.equal((await call(["logs", "1", "--since", "1h"])).stdout.trimEnd().split("\n").length, 61);
  assert.equal((await call(["logs", "1", "--since", "2099-01-01"])).stdout, "");
  const events = (await call(["logs", "1", "--json", "-n", "2"])).stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: { seq: number } });
  assert.deepEqual(
    events.map(({ event }) => event.seq),
    [30, 31],
  );
});

test("logs -n gives the number of lines that was asked for, or all there are", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  const newest = async (count: number): Promise<string[]> =>
    (await call(["logs", "1", "-n", String(count)])).stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(25));
  for (const text of ["one", "two", "three"]) await api.tell(1, "text", { text });
  assert.deepEqual(await newest(20), ["[task] submitted", "one", "two", "three"]);
  for (let each = 0; each < 300; each += 1) await api.tell(1, "session", { session_id: "s" });
  assert.deepEqual(await newest(2), ["two", "three"]);
  assert.deepEqual(await newest(3), ["one", "two", "three"]);
  assert.deepEqual(await newest(5), ["[task] submitted", "one", "two", "three"]);
});

test("logs --raw gives the file as it is, or its newest lines", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  assert.match((await call(["logs", "1", "--raw"])).stderr, /has no such log: it has not started yet/);
  const lines = Array.from({ length: 5 }, (_, index) => `{"_n":${index + 1},"_at":"2026-11-22T12:00:0${index}.000Z","text":"ü"}`);
  writeFileSync(await api.logFile(1, "raw"), `${lines.join("\n")}\n`);
  assert.equal((await call(["logs", "1", "--raw"])).stdout, `${lines.join("\n")}\n`);
  assert.equal((await call(["logs", "1", "--raw", "-n", "2"])).stdout, `${lines.slice(-2).join("\n")}\n`);
  assert.equal((await call(["logs", "1", "--raw", "--since", "2026-11-22T12:00:03Z"])).stdout, `${lines.slice(-2).join("\n")}\n`);
});

test("logs -f goes on until the end, raw ones too", async (t) => {
  const { api, start, call } = await withServer(t);
  await call(["run", "x"]);
  const story = start(["logs", "1", "-f"]);
  const raw = start(["logs", "1", "-f", "--raw"]);
  await eventually(() => story.stdout().endsWith("submitted\n") && api.subscriptions >= 1);
  await api.tell(1, "text", { text: "hello" });
  await eventually(() => story.stdout().includes("hello"));
  writeFileSync(await api.logFile(1, "raw"), '{"_n":1}\n');
  await api.tell(1, "text", { text: "again" });
  await eventually(() => raw.stdout() === '{"_n":1}\n');
  writeFileSync(await api.logFile(1, "raw"), '{"_n":1}\n{"_n":2}\n');
  await api.finish(1);
  assert.equal((await story.done).code, 0);
  const answer = await raw.done;
  assert.deepEqual([answer.code, answer.stdout], [0, '{"_n":1}\n{"_n":2}\n']);
});

test("logs -f is left with Ctrl-C, and the task goes on", async (t) => {
  const { api, start, call } = await withServer(t);
  await call(["run", "x"]);
  const story = start(["logs", "1", "-f"]);
  await eventually(() => api.subscriptions === 1);
  story.interrupt();
  const { code, stderr } = await story.done;
  assert.deepEqual([code, stderr], [130, "Task 1 continues.\n"]);
});

test("wait exits with 0 when all completed, 1 when one did not, 124 at its time limit", async (t) => {
  const { call, api, start } = await withServer(t);
  for (const prompt of ["one", "two", "three"]) await call(["run", prompt]);
  await api.finish(1);
  const waiting = start(["wait", "1", "2"]);
  await eventually(() => api.subscriptions === 1);
  await api.finish(2);
  assert.deepEqual(await waiting.done.then(({ code, stdout }) => [code, stdout]), [0, "1\tcompleted\n2\tcompleted\n"]);
  const late = await call(["wait", "3", "--timeout", "50ms"]);
  assert.deepEqual([late.code, late.stderr], [124, "The time is over: task 3 not ended yet. Nothing was stopped.\n"]);
  await api.finish(3, "failed");
  const json = await call(["wait", "1", "3", "--json"]);
  assert.equal(json.code, 1);
  const lines = json.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { task?: { id: number }; wait?: object });
  assert.deepEqual(
    lines.map(({ task, wait }) => task?.id ?? wait),
    [1, 3, { open: [], timed_out: false }],
  );
});

test("wait is left with Ctrl-C", async (t) => {
  const { call, api, start } = await withServer(t);
  await call(["run", "x"]);
  const waiting = start(["wait", "1"]);
  await eventually(() => api.subscriptions === 1);
  waiting.interrupt();
  assert.equal((await waiting.done).code, 130);
});

test("server status and health tell the state", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  const page = (await call(["server", "status"], { env: { NO_COLOR: "1" } })).stdout;
  for (const part of [
    /^✔ The server is healthy · 0 of 4 slots in use · 1 pending$/m,
    new RegExp(`^pid +${process.pid}, since`, "m"),
    /1 pending$/m,
    /^URL +none, the unix socket only$/m,
  ])
    assert.match(page, part);
  assert.equal((await call(["server", "status", "--json"])).json()["pid"], process.pid);
  assert.deepEqual(await call(["server", "health"]).then(({ code, stdout }) => [code, stdout]), [0, "healthy\n"]);
  const server = await api.server();
  api.server = async () => ({ ...server, status: "degraded", problems: ["The disk is full."] });
  assert.deepEqual(await call(["server", "health"]).then(({ code, stdout }) => [code, stdout]), [1, "degraded\n"]);
  assert.match((await call(["server", "status"])).stdout, /^Problem +The disk is full\.$/m);
});

test("server stop takes one way to stop, and a deadline only with --drain", async (t) => {
  const { call, api } = await withServer(t);
  for (const words of [
    ["--drain", "--now"],
    ["--deadline", "5m"],
    ["--now", "--deadline", "5m"],
  ]) {
    const refused = await call(["server", "stop", ...words]);
    assert.equal(refused.code, 2, words.join(" "));
    assert.match(refused.stderr, /^Error: --(drain|deadline) /);
  }
  assert.ok(!api.calls.some(({ verb }) => verb === "stop"));
});

test("a command that changes something exits with 3 and a hint without a server", async (t) => {
  const { call } = withoutServer(t);
  for (const words of [["cancel", "1"], ["server", "status"], ["server", "health"], ["server", "stop"], ["hold"]]) {
    const { code, stderr } = await call(words);
    assert.equal(code, 3, words.join(" "));
    assert.match(stderr, /^Error: No server answers at .+ Start it: claude-worker server start\n$/);
  }
});

test("a remote server is asked with the token, which no error shows", async (t) => {
  const { call, door } = await withServer(t);
  const env = { CLAUDE_WORKER_SERVER_URL: `http://127.0.0.1:${door.port}`, CLAUDE_WORKER_TOKEN: door.token };
  assert.equal((await call(["server", "health"], { env })).code, 0);
  const wrong = await call(["list"], { env: { ...env, CLAUDE_WORKER_TOKEN: "wrong-secret" } });
  assert.equal(wrong.code, 4);
  assert.doesNotMatch(wrong.stderr, /wrong-secret/);
  assert.equal((await call(["list"], { env: { CLAUDE_WORKER_SERVER_URL: "nonsense" } })).code, 2);
});

async function filled(t: Parameters<typeof withServer>[0]): Promise<ServedCli> {
  const cli = await withServer(t);
  for (const prompt of ["one", "two\x1b[31m", "three"])
    await cli.api.submitTasks({ tasks: [plainInput({ prompt, working_directory: cli.place.work })] }, { name: "test", scope: "admin" });
  await cli.api.finish(1, "failed");
  await cli.api.finish(2);
  return cli;
}
