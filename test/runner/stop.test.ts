import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { identityOf } from "../../src/processes/identity.ts";
import { markerName, sweep } from "../../src/processes/sweep.ts";
import type { AgentWork } from "../../src/agent/agent.ts";
import { createAgent } from "../../src/agent/claude.ts";
import type { JournalEntry } from "../../src/domain/events/record.ts";
import { newRunnerId } from "../../src/supervisor/spawn-runner.ts";
import { startModel, step } from "../../testing/model.ts";
import type { Script } from "../../testing/model.ts";
import { plainSpec } from "../../testing/plain-task.ts";
import { notesOf, resultOf, startRunner } from "../../testing/runner.ts";
import { scratch } from "../../testing/scratch.ts";
import { until } from "../../testing/wait.ts";

async function setup(t: TestContext, script: Script, { prewarm = false } = {}) {
  const place = scratch(t);
  const model = await startModel(t, script);
  const runner = await startRunner(t, { scratch: place, env: model.env(place.home), prewarm });
  if (prewarm) await runner.parked();
  const pid = (name: string): Promise<number> =>
    until(`a pid in ${name}`, () => {
      const file = path.join(place.work, name);
      return existsSync(file) ? Number(readFileSync(file, "utf8")) || null : null;
    });
  return { place, model, runner, pid };
}

const bash = { allow: ["Bash"] };

test("a stop interrupts the turn, and nothing of it continues", async (t) => {
  const { runner, pid } = await setup(t, { "work long": [step.bash("echo $$ > pid; sleep 1000; echo late > late"), step.text("done")] });
  const attempt = runner.start({ prompt: "work long", ...bash });
  const shell = await pid("pid");
  runner.connection.send({ type: "stop", reason: "cancelled", graceMs: 20_000 });
  const records = await attempt.ended();
  assert.partialDeepStrictEqual(notesOf(records, "stop_requested"), [{ reason: "cancelled" }]);
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "error_during_execution", terminal_reason: "aborted_tools" });
  assert.partialDeepStrictEqual(records.at(-1), { subtype: "ended", stopRequested: "cancelled" });
  assert.equal(await identityOf(shell), null);
});

test("a stop reaches a parked Claude Code that just took its task", async (t) => {
  const { runner } = await setup(t, { "think long": [step.text("done", 600_000)] }, { prewarm: true });
  const attempt = runner.start({ prompt: "think long" });
  await attempt.record("init", (record) => record["subtype"] === "init");
  runner.connection.send({ type: "stop", reason: "timed_out", graceMs: 20_000 });
  const records = await attempt.ended();
  assert.partialDeepStrictEqual(records.at(-1), { subtype: "ended", stopRequested: "timed_out" });
});

test("a signal ends the task's own Claude Code, also where another one is parked later", { timeout: 120_000 }, async (t) => {
  const place = scratch(t);
  const model = await startModel(t, { "work long": [step.bash("echo $$ > pid; sleep 1000"), step.text("done")] });
  const runnerId = newRunnerId("test-");
  const env = { PATH: process.env["PATH"] ?? "", ...model.env(place.home), [markerName]: runnerId };
  const agent = createAgent({ env, executable: null, onSpawned: () => {} });
  t.after(() => sweep(runnerId));
  const said: JournalEntry[] = [];
  // A limit of turns cannot come with a claim, so the task starts cold although a parked one is on
  // its way.
  const work: AgentWork = {
    attemptId: 1,
    taskId: 1,
    spec: plainSpec({ workingDirectory: place.work, prompt: "work long", ...bash, maxTurns: 5 }),
    sessionId: crypto.randomUUID(),
    resume: false,
    journal: path.join(place.directory, "raw.log"),
    summary: path.join(place.directory, "summary.log"),
    backgroundGraceMs: 1000,
    stopGraceMs: 1000,
    hookTimeoutMs: 60_000,
    verifyTimeoutMs: 60_000,
  };
  const running = agent.run(
    work,
    (entry) => void said.push(entry),
    () => Promise.resolve(null),
  );
  await agent.park();
  await until("the command", () => existsSync(path.join(place.work, "pid")));
  agent.kill("SIGKILL");
  await running;
  assert.deepEqual(
    said.filter(({ type, subtype }) => type === "result" || subtype === "gave_up"),
    [],
  );
});

test("a stop right behind the start ends the attempt before its work", async (t) => {
  const { runner, model } = await setup(t, { "say hi": [step.text("hello")] });
  const attempt = runner.start({ prompt: "say hi" });
  runner.connection.send({ type: "stop", reason: "cancelled", graceMs: 0 });
  const records = await attempt.ended();
  assert.partialDeepStrictEqual(records.at(-1), { subtype: "ended", stopRequested: "cancelled" });
  assert.equal(resultOf(records), undefined);
  assert.equal(model.requests().length, 0);
});

test("a stop right behind the start of a parked Claude Code ends the attempt first", async (t) => {
  const { runner, model } = await setup(t, { "say hi": [step.text("hello")] }, { prewarm: true });
  const attempt = runner.start({ prompt: "say hi" });
  runner.connection.send({ type: "stop", reason: "cancelled", graceMs: 0 });
  const records = await attempt.ended();
  assert.partialDeepStrictEqual(records.at(-1), { subtype: "ended", stopRequested: "cancelled" });
  assert.deepEqual(notesOf(records, "cold_start"), []);
  assert.equal(model.requests().length, 0);
});

test("the first reason for a stop counts", async (t) => {
  const { runner } = await setup(t, { "think long": [step.text("done", 600_000)] });
  const attempt = runner.start({ prompt: "think long" });
  await attempt.record("init", (record) => record["subtype"] === "init");
  runner.connection.send({ type: "stop", reason: "stalled", graceMs: 20_000 });
  runner.connection.send({ type: "stop", reason: "cancelled", graceMs: 20_000 });
  const records = await attempt.ended();
  assert.deepEqual(
    notesOf(records, "stop_requested").map((note) => note["reason"]),
    ["stalled"],
  );
});

test("a Claude Code that does not listen is ended by signals", async (t) => {
  const { runner, pid } = await setup(t, {
    // Its own process is stopped: it answers no word and no SIGTERM.
    freeze: [step.bash("echo $$ > pid; kill -STOP $PPID; sleep 1000"), step.text("done")],
  });
  const attempt = runner.start({ prompt: "freeze", ...bash });
  const shell = await pid("pid");
  runner.connection.send({ type: "stop", reason: "cancelled", graceMs: 200 });
  const records = await attempt.ended();
  assert.partialDeepStrictEqual(records.at(-1), { subtype: "ended", stopRequested: "cancelled" });
  assert.equal(await identityOf(shell), null);
});

test("SIGTERM for the runner stops the attempt so that it can be resumed", async (t) => {
  const { runner, place, model } = await setup(t, {
    "three steps": [
      step.bash("echo one >> log"),
      step.bash("echo $$ > pid; until [ -e killed ]; do sleep 0.05; done; echo two >> log"),
      step.text("done"),
    ],
  });
  const attempt = runner.start({ prompt: "three steps", ...bash });
  await until("the second step", () => existsSync(path.join(place.work, "pid")));
  process.kill(runner.pid, "SIGTERM");
  const records = await attempt.ended();
  assert.partialDeepStrictEqual(records.at(-1), { subtype: "ended", stopRequested: "interrupted" });
  assert.equal(resultOf(records), undefined);
  place.file("work/killed", "");
  const next = await startRunner(t, { scratch: place, env: model.env(place.home) });
  const again = await next.start({ prompt: "three steps", ...bash }, { sessionId: attempt.start.sessionId, resume: true }).ended();
  assert.partialDeepStrictEqual(resultOf(again), { subtype: "success", result: "done" });
  assert.equal(readFileSync(path.join(place.work, "log"), "utf8"), "one\ntwo\n");
});

test("an agent's background processes go with its attempt, however they hide", async (t) => {
  const { runner, pid } = await setup(t, {
    "leave things": [
      step.bash("setsid sh -c 'echo $$ > own-session; exec sleep 1000' > /dev/null 2>&1 &"),
      step.bash("(setsid sh -c 'sh -c \"echo \\$\\$ > forked-twice; exec sleep 1000\" > /dev/null 2>&1 &' &)"),
      step.bash("nohup sh -c 'echo $$ > nohup; exec sleep 1000' > /dev/null 2>&1 &"),
      step.bash("env -i /bin/sh -c '(setsid /bin/sh -c \"echo \\$\\$ > bare; exec /bin/sleep 1000\" > /dev/null 2>&1 &)'"),
      step.bash("for f in own-session forked-twice nohup bare; do while ! [ -s $f ]; do sleep 0.05; done; done"),
      step.text("done"),
    ],
  });
  const attempt = runner.start({ prompt: "leave things", ...bash });
  const records = await attempt.ended();
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success", result: "done" });
  const swept = notesOf(records, "swept").flatMap((note) => note["processes"] as { pid: number }[]);
  for (const name of ["own-session", "forked-twice", "nohup", "bare"]) {
    const hidden = await pid(name);
    assert.equal(await identityOf(hidden), null, `${name} is left`);
    assert.ok(
      swept.some((process) => process.pid === hidden),
      `${name} is not in the record: ${JSON.stringify(swept)}`,
    );
  }
});

test("a background subagent that reports soon gives the task another turn", async (t) => {
  const { place, runner, model } = await setup(t, {
    "start a helper": [
      step.tool("Bash", { command: "until [ -e go ]; do sleep 0.05; done", description: "short", run_in_background: true }),
      step.text("told"),
    ],
  });
  const attempt = runner.start({ prompt: "start a helper", ...bash });
  await attempt.record("the result of the first turn", ({ type }) => type === "result");
  place.file("work/go", "");
  const records = await attempt.ended();
  assert.equal(records.filter((record) => record.type === "result").length, 2);
  assert.equal(model.requests().length, 3);
  assert.partialDeepStrictEqual(records.at(-1), { subtype: "ended", thrown: null });
});

test("a shell in the background delays a finished task by no more than its grace", async (t) => {
  const { runner, pid } = await setup(t, {
    serve: [
      step.tool("Bash", { command: "echo $$ > pid; exec sleep 1000", description: "a server", run_in_background: true }),
      step.text("the server runs"),
    ],
  });
  const attempt = runner.start({ prompt: "serve", ...bash }, { backgroundGraceMs: 100 });
  const shell = await pid("pid");
  const records = await attempt.ended();
  assert.partialDeepStrictEqual(resultOf(records), { subtype: "success" });
  assert.partialDeepStrictEqual(records.at(-1), { subtype: "ended", thrown: null });
  assert.equal(await identityOf(shell), null);
});
