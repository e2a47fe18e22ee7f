import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { claudeBinary } from "../../testing/claude-code.ts";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";

/** A part of the prompt of Claude Worker's own probes. */
const probe = "Answer with the word OK";

test("every task waits while Claude Code is missing, and then continues by itself", async (t) => {
  const w = await worker(t, { "say hi": [step.text("hi")], [probe]: [step.text("OK")] });
  const executable = path.join(w.place.directory, "claude");
  const start = async (file: string): Promise<void> => {
    const { code, stderr } = await w.cli(["server", "start"], { env: { CLAUDE_WORKER_CLAUDE_EXECUTABLE: file } });
    assert.equal(code, 0, stderr);
  };
  await start(executable);
  const [one, two] = [await w.submit("say hi"), await w.submit("say hi")];
  const held = await w.until(one.id, ({ waiting_for, attempts }) => attempts >= 1 && waiting_for?.reason === "hold");
  const message = String(held.waiting_for?.message);
  assert.match(message, /cannot be started.*claude-worker doctor.*claude-worker resume/);
  assert.ok(message.includes(executable), message);
  assert.equal((await w.until(two.id, ({ status }) => status === "pending")).ended_at, null);
  // Another server, with another path that is wrong: the hold names that.
  await w.cli(["server", "stop"]);
  await start("/nonexistent/claude");
  await w.until(one.id, ({ waiting_for }) => String(waiting_for?.message).includes("/nonexistent/claude"));
  // A server that knows where it is.
  await w.cli(["server", "stop"]);
  await w.start();
  for (const { id } of [one, two]) assert.equal((await w.ended(id)).status, "completed");
  assert.deepEqual((await w.client.listHolds()).holds, []);
});

test("a Claude Code that comes back under a running server ends the hold", async (t) => {
  const w = await worker(t, { "say hi": [step.text("hi")], [probe]: [step.text("OK")] });
  const executable = path.join(w.place.directory, "claude");
  w.env["CLAUDE_WORKER_CLAUDE_EXECUTABLE"] = executable;
  await w.start();
  const { id } = await w.submit("say hi");
  await w.until(id, ({ waiting_for, attempts }) => attempts >= 1 && waiting_for?.reason === "hold");
  writeFileSync(executable, `#!/bin/sh\nexec "${claudeBinary}" "$@"\n`, { mode: 0o755 });
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["completed", 2]);
});

/** Claude Code, started with an invalid proxy in directories whose name begins with `bad`. */
function pickyClaude(w: TestWorker): string {
  const file = path.join(w.place.directory, "claude");
  const real = claudeBinary;
  writeFileSync(file, `#!/bin/sh\ncase "$(pwd -P)" in */bad*) export HTTPS_PROXY="not a url";; esac\nexec "${real}" "$@"\n`, {
    mode: 0o755,
  });
  return file;
}

test("a Claude Code that refuses to start in one directory stops no other task", async (t) => {
  const w = await worker(t, { "say hi": [step.text("hi")], [probe]: [step.text("OK")] }, { env: { CLAUDE_WORKER_REFUSAL_LIMIT: "2" } });
  w.env["CLAUDE_WORKER_CLAUDE_EXECUTABLE"] = pickyClaude(w);
  await w.start();
  const bad = w.place.workdir("bad");
  const tasks = [await w.submit("say hi", { working_directory: bad }), await w.submit("say hi", { working_directory: bad })];
  for (const { id } of tasks) {
    const waiting = await w.until(id, ({ attempts, waiting_for }) => attempts === 1 && waiting_for?.reason === "retry");
    assert.match(
      waiting.waiting_for?.message ?? "",
      /^It was refused; next try in .*Claude Code refused to start: Invalid proxy URL in HTTPS_PROXY/s,
    );
  }
  assert.equal((await w.ended((await w.submit("say hi")).id)).status, "completed");
  await until("the probe's answer", () => w.model.requests().some(({ key }) => key === probe));
  assert.deepEqual((await w.client.listHolds()).holds, []);
  await w.cli(["resume"]);
  for (const { id } of tasks) {
    const { status, error } = await w.ended(id);
    assert.deepEqual([status, error?.code, error?.retryable], ["failed", "unavailable", true]);
    assert.match(error?.message ?? "", /^Given up after 2 refusals in a row\. Claude Code refused to start: Invalid proxy URL/);
  }
  assert.deepEqual((await w.client.listHolds()).holds, []);
});

test("user settings that Claude Code refuses hold everything until they are fixed", async (t) => {
  const w = await worker(t, { "say hi": [step.text("hi")], [probe]: [step.text("OK")] });
  await w.start();
  const settings = path.join(w.place.home, ".claude", "settings.json");
  mkdirSync(path.dirname(settings), { recursive: true });
  writeFileSync(settings, JSON.stringify({ env: { HTTPS_PROXY: "not a url" } }));
  const { id } = await w.submit("say hi");
  const held = await w.until(id, ({ waiting_for }) => waiting_for?.reason === "hold");
  assert.match(
    held.waiting_for?.message ?? "",
    /refused to start: Invalid proxy URL.*tried again at growing intervals.*claude-worker resume/s,
  );
  assert.deepEqual(
    (await w.client.listHolds()).holds.map(({ kind }) => kind),
    ["unavailable"],
  );
  rmSync(settings);
  await w.cli(["resume"]);
  assert.equal((await w.ended(id)).status, "completed");
});

test("a working directory that went after the submit fails its task with a sentence", async (t) => {
  const w = await worker(t, { "say hi": [step.text("hi")] });
  await w.start();
  await w.cli(["hold"]);
  const { id } = await w.submit("say hi", { working_directory: w.place.workdir("short-lived") });
  rmSync(`${w.place.directory}/short-lived`, { recursive: true });
  await w.cli(["resume"]);
  const task = await w.ended(id);
  assert.equal(task.status, "failed");
  assert.match(String(task.error?.message), /short-lived cannot be used any more \(ENOENT\)\. .*claude-worker retry 1 --resume$/);
  const shown = (await w.cli(["show", String(id)])).stdout.replaceAll(/\s+/g, " ");
  assert.match(shown, /claude-worker retry 1 --resume/);
  // Nothing was begun: the task then runs as if it were submitted now.
  w.place.workdir("short-lived");
  assert.equal((await w.cli(["retry", String(id), "--resume"])).code, 0);
  assert.equal((await w.ended(id)).status, "completed");
  assert.equal(task.attempts, 1);
});

test("a directory that is gone at a resume keeps the session for retry --resume", async (t) => {
  const w = await worker(t, {
    "go on": [step.bash("echo one >> log"), step.bash("until [ -e go ]; do sleep 0.05; done; echo two >> log"), step.text("finished")],
  });
  await w.start();
  const directory = w.place.workdir("moved");
  const { id } = await w.submit("go on", { working_directory: directory, allow: ["Bash"] });
  await w.until(id, ({ status }) => status === "running" && existsSync(`${directory}/log`));
  await w.cli(["server", "stop", "--now"]);
  renameSync(directory, `${directory}-away`);
  await w.start();
  const failed = await w.ended(id);
  assert.partialDeepStrictEqual(failed, { status: "failed", error: { code: "environment_failed", retryable: true } });
  assert.notEqual(failed.session_id, null);
  renameSync(`${directory}-away`, directory);
  writeFileSync(`${directory}/go`, "");
  const { code, stderr } = await w.cli(["retry", String(id), "--resume"]);
  assert.equal(code, 0, stderr);
  const task = await w.ended(id);
  assert.partialDeepStrictEqual(task, { status: "completed", result: "finished", session_id: failed.session_id, error: null });
  assert.equal(readFileSync(`${directory}/log`, "utf8"), "one\ntwo\n", "the finished step is not repeated");
});

test("retry --resume refuses a task without a session", async (t) => {
  const w = await worker(t, { "say hi": [step.text("hi")] });
  await w.start();
  await w.cli(["hold"]);
  const { id } = await w.submit("say hi");
  await w.client.cancelTask({ id });
  await assert.rejects(w.client.retryTask({ id, resume: true }), {
    code: "conflict",
    message: /has no session to resume.*claude-worker retry/,
  });
});

test("an unusable place for logs or the database is refused with its variable", async (t) => {
  const w = await worker(t);
  const file = w.place.file("file", "");
  for (const [variable, value] of [
    ["CLAUDE_WORKER_LOG_DIR", file],
    ["CLAUDE_WORKER_DB", `${file}/tasks.db`],
  ] as const) {
    const { code, stderr } = await w.cli(["server", "start"], { env: { [variable]: value } });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`The directory ${file} cannot be made .* choose another: ${variable}\\.$`, "m"));
  }
});
