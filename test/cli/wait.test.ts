import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../../testing/eventually.ts";
import { withServer } from "./setup.ts";

test("wait exits with 0 when all completed, 1 when one did not, 124 at its time limit", async (t) => {
  const { call, api, start } = await withServer(t);
  for (const prompt of ["one", "two", "three"]) await call(["run", prompt]);
  await api.finish(1);
  const waiting = start(["wait", "1", "2"]);
  await eventually(() => api.subscriptions === 1);
  await api.finish(2);
  assert.deepEqual(await waiting.done.then(({ code, stdout }) => [code, stdout]), [0, "1\tcompleted\n2\tcompleted\n"]);
  const late = await call(["wait", "3", "--timeout", "50ms"]);
  assert.deepEqual([late.code, late.stderr], [124, "The time is over: task 3 has not ended yet. Nothing was stopped.\n"]);
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

test("wait takes all unfinished tasks that fit a filter", async (t) => {
  const { call, api, start } = await withServer(t);
  await call(["run", "one", "-g", "night", "--label", "a=b"]);
  await call(["run", "two", "-g", "night"]);
  await call(["run", "three"]);
  await api.finish(2);
  const waiting = start(["wait", "--group", "night"]);
  await eventually(() => api.subscriptions === 1);
  await api.finish(1);
  assert.deepEqual(await waiting.done.then(({ code, stdout }) => [code, stdout]), [0, "1\tcompleted\n"]);
  const nothing = await call(["wait", "--label", "a=b"]);
  assert.deepEqual([nothing.code, nothing.stderr], [0, "No task fits, so there is nothing to wait for.\n"]);
  assert.match((await call(["wait"])).stderr, /Which tasks\? Name them, e\.g\. claude-worker wait 42/);
  assert.match((await call(["wait", "3", "--all"])).stderr, /not both/);
  assert.match((await call(["wait", "--status", "failed"])).stderr, /cannot be waited for/);
});
