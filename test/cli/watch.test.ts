import assert from "node:assert/strict";
import { test } from "node:test";
import { watchTask } from "../../src/cli/task/watch-task.ts";
import { outputTo } from "../../src/cli/terminal/io.ts";
import { WorkerClient } from "../../src/client/index.ts";
import { PassThrough } from "node:stream";
import { eventually } from "../../testing/eventually.ts";
import { patch, withServer } from "./setup.ts";

test("watch shows what happens, then how it ended, and exits with 0", async (t) => {
  const { api, call, start } = await withServer(t);
  await call(["run", "x"]);
  const watch = start(["watch"]);
  await eventually(() => api.subscriptions === 1);
  await api.tell(1, "text", { text: "Hello.\nAll is well." });
  await api.finish(1);
  const { code, stdout, stderr } = await watch.done;
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^\d{4}-\S+Z Hello\.\n {25}All is well\.\n\ndone\n\n✔ Task 1 completed\n$/);
});

test("the result is not shown again when the agent has just said it", async (t) => {
  const { api, call } = await withServer(t);
  await call(["run", "x"]);
  await api.tell(1, "text", { text: "done" });
  await api.finish(1);
  assert.equal((await call(["watch", "1"])).stdout.match(/done/g)?.length, 1);
});

test("a task that did not complete exits with 1 and says why and what to do", async (t) => {
  const { api, call } = await withServer(t);
  await call(["run", "x"]);
  await api.finish(1, "failed");
  await patch(api, 1, { error: { code: "agent_failed", message: "The model foo does not exist.", retryable: false } });
  const { code, stdout } = await call(["watch", "1"]);
  assert.equal(code, 1);
  assert.match(stdout, /✖ Task 1 failed\nThe model foo does not exist\.\nclaude-worker show 1 · claude-worker retry 1\n$/);
});

test("run --watch submits a task and follows it", async (t) => {
  const { api, start } = await withServer(t);
  const run = start(["run", "x", "--watch"]);
  await eventually(() => api.subscriptions === 1);
  await api.finish(1);
  const { code, stdout, stderr } = await run.done;
  assert.equal(code, 0);
  assert.match(stderr, /^Task 1 is submitted: x\.\n$/);
  assert.match(stdout, /✔ Task 1 completed/);
});

test("Ctrl-C in watch leaves the task running, says so and exits with 130", async (t) => {
  const { api, start, call } = await withServer(t);
  await call(["run", "x"]);
  const watch = start(["watch", "1"], { columns: 80 });
  await eventually(() => api.subscriptions === 1);
  watch.interrupt();
  const { code, stderr } = await watch.done;
  assert.equal(code, 130);
  assert.equal(stderr, "Task 1 runs in the background. claude-worker watch 1 · claude-worker cancel 1\n");
  assert.equal((await api.getTask({ id: 1 })).status, "pending");
});

test("watch --json gives one JSON value a line: events, then the task", async (t) => {
  const { api, start } = await withServer(t);
  const run = start(["run", "x", "--watch", "--json"]);
  await eventually(() => api.subscriptions === 1);
  await api.tell(1, "text", { text: "\u2028 line separators too" });
  await api.finish(1);
  const { code, stdout, stderr } = await run.done;
  const values = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, { status?: string; type?: string }>);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(
    values.map((value) => value["event"]?.type ?? value["task"]?.status),
    ["pending", "submitted", "text", "ended", "completed"],
  );
});

test("watch on a terminal has a status line that goes away at the end", async (t) => {
  const { api, start, call } = await withServer(t);
  await call(["run", "x"]);
  const watch = start(["watch", "1"], { columns: 40 });
  await eventually(() => watch.stdout().includes("waits: starts now"));
  await api.tell(1, "tool_use", { tool: "Bash", input: { command: "npm test" }, turn: 1 });
  await eventually(() => watch.stdout().includes("1 turn"));
  await api.finish(1);
  const { stdout } = await watch.done;
  const screen = stdout.split("\n").map((line) => line.split("\r\x1b[J").at(-1));
  assert.doesNotMatch(screen.join("\n"), /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
});

test("logs -f has a status line only on a terminal", async (t) => {
  const { api, start, call } = await withServer(t);
  await call(["run", "x"]);
  const onTerminal = start(["logs", "1", "-f"], { columns: 60 });
  const onPipe = start(["logs", "1", "-f"]);
  await eventually(() => onTerminal.stdout().includes("waits: starts now"));
  await api.tell(1, "text", { text: "hello", turn: 1 });
  await eventually(() => onTerminal.stdout().includes("1 turn"));
  await api.finish(1);
  const { stdout } = await onTerminal.done;
  const screen = stdout.split("\n").map((line) => line.split("\r\x1b[J").at(-1));
  assert.match(screen.join("\n"), /hello/);
  assert.doesNotMatch(screen.join("\n"), /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
  assert.match((await onPipe.done).stdout, /^\S+Z turn 1 hello\n\S+Z \[task\] completed: done\n$/);
});

test("the status line shows the running cost, which no event carries", async (t) => {
  const { api, start, call } = await withServer(t);
  await call(["run", "x"]);
  await call(["run", "y"]);
  const screens = [
    ["watch", "1"],
    ["watch", "1", "2"],
    ["logs", "-f", "1"],
  ].map((words) => start(words, { columns: 80 }));
  await eventually(() => screens.every(({ stdout }) => stdout().includes("waits: starts now")));
  await patch(api, 1, { costUsd: 0.25 });
  await api.tell(1, "tool_use", { tool: "Bash", input: { command: "npm test" }, turn: 1 });
  await eventually(() => screens.every(({ stdout }) => stdout().includes("1 turn · $0.2500")));
  await api.finish(1);
  await api.finish(2);
  for (const { done } of screens) await done;
});

test("the status line of a waiting task says what it waits for", async (t) => {
  const { api, start, call } = await withServer(t);
  await call(["hold", "lunch"]);
  await call(["run", "x"]);
  const watch = start(["watch", "1"], { columns: 80 });
  await eventually(() => watch.stdout().split("waits: lunch").length > 3);
  assert.doesNotMatch(watch.stdout(), /· \[task\] submitted/);
  await api.finish(1);
  await watch.done;
});

test("watch exits with 3 when the server stays away, and says the task continues", async (t) => {
  const { door, api, call } = await withServer(t);
  await call(["run", "x"]);
  const io = {
    stdout: sink(),
    stderr: sink(),
    stdin: new PassThrough(),
    inputFd: null,
    env: {},
    cwd: "/",
    onInterrupt: () => () => undefined,
    onKill: () => () => undefined,
  };
  const client = new WorkerClient({ kind: "socket", path: door.socket });
  const watching = watchTask({ io, client, task: await api.getTask({ id: 1 }), after: 0, json: false, reconnectForMs: 300 });
  const refused = assert.rejects(watching, {
    code: "server_unreachable",
    message: /^The server has not answered for 300 ms\. Task 1 is not lost: .+ claude-worker server start && claude-worker watch 1$/,
  });
  await eventually(() => api.subscriptions === 1);
  await door.door.stop();
  await refused;
});

function sink(): ReturnType<typeof outputTo> {
  return outputTo(new PassThrough().resume(), {});
}
