import assert from "node:assert/strict";
import { test } from "node:test";
import { filled, patch, withServer } from "./setup.ts";

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

test("the command at the end of a long reason to wait is not cut", async (t) => {
  const { call } = await withServer(t);
  const message = `${"a long reason ".repeat(30)}, then: claude-worker resume`;
  assert.equal((await call(["hold", message])).code, 0);
  assert.ok((await call(["run", "x"], { columns: 5000 })).stdout.includes(message));
  assert.ok((await call(["list"])).stdout.endsWith(`(${message})\n`));
});
