import assert from "node:assert/strict";
import { existsSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { findTranscript } from "../../src/config/claude-transcript.ts";
import { step } from "../../testing/model.ts";
import { killEverything, killAndWait, marked, runnerOf } from "../reliability/setup.ts";
import { askingWorker, oneQuestion } from "./setup.ts";
import type { AskingWorker } from "./setup.ts";
import { until } from "../../testing/wait.ts";

const parkAtOnce = { CLAUDE_WORKER_PARK_AFTER_MS: "0", CLAUDE_WORKER_WARM: "0" };

async function parked(w: AskingWorker, id: number): Promise<void> {
  await until("the runner to leave", async () => (await w.client.listAttempts({ id })).attempts.at(-1)?.ended_at != null);
  await until("no process", async () => (await marked(w)).length === 0);
  assert.equal((await w.client.getTask({ id })).status, "waiting");
}

test("a parked call runs after its answer with the same id and no call of the model", async (t) => {
  const w = await askingWorker(t, {}, parkAtOnce);
  const file = path.join(w.place.work, "made");
  w.model.play({ "make the file": [step.bash(`touch ${file} && sleep 0`), step.text("Made.")] });
  await w.start();
  const { id } = await w.submit("make the file", { permission_mode: "default" });
  const [question] = await w.asked(id);
  await parked(w, id);
  const before = w.model.requests().length;
  await w.client.answerQuestion({ id: question?.id ?? 0, decision: "allow" });
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.ok(existsSync(file));
  assert.equal(task.attempts, 2);
  const { events } = await w.client.taskEvents({ id, limit: 1000 });
  const resumed = events.filter(({ type }) => type === "resumed");
  assert.deepEqual(resumed[0]?.summary, ["[task] attempt 2 resumes the session"], "nothing was cut off");
  assert.equal(task.questions.length, 1);
  assert.partialDeepStrictEqual(task.questions, [{ status: "applied", tool_use_id: question?.tool_use_id }]);
  assert.equal(w.model.requests().length, before + 1, readFileSync(task.logs.raw, "utf8").slice(-6000));
});

test("a background command keeps the process of a task that asks until it has ended", async (t) => {
  const w = await askingWorker(t, {}, parkAtOnce);
  const [end, ended] = [path.join(w.place.work, "end"), path.join(w.place.work, "ended")];
  const command = `while [ ! -e ${end} ]; do sleep 0.1; done; touch ${ended}`;
  w.model.play({
    "build and ask": [
      step.tool("Bash", { command, description: "build", run_in_background: true }),
      step.tool("AskUserQuestion", oneQuestion("Which colour?")),
      step.text("Painted."),
    ],
  });
  await w.start();
  const { id } = await w.submit("build and ask", { allow: ["Bash"] });
  const [question] = await w.asked(id);
  // A runner that may leave does so after a second: only time shows that this one stays.
  await delay(3_000);
  const { attempts } = await w.client.listAttempts({ id });
  assert.deepEqual([attempts.length, attempts[0]?.ended_at, existsSync(ended)], [1, null, false]);
  writeFileSync(end, "");
  await parked(w, id);
  assert.ok(existsSync(ended));
  await w.client.answerQuestion({ id: question?.id ?? 0, option: "Blue" });
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["completed", 2], JSON.stringify(task.error));
  assert.match(JSON.stringify(w.model.requests().at(-1)), /Blue/);
  assert.doesNotMatch(readFileSync(task.logs.raw, "utf8"), /background_lost/);
});

test("a question whose runner was killed stays, and its answer continues the session", async (t) => {
  const w = await askingWorker(t);
  const file = path.join(w.place.work, "made");
  w.model.play({ "make the file": [step.bash(`touch ${file} && sleep 0`), step.text("Made.")] });
  await w.start();
  const { id } = await w.submit("make the file", { permission_mode: "default" });
  const [question] = await w.asked(id);
  await killAndWait(await runnerOf(w, id));
  await parked(w, id);
  await w.client.answerQuestion({ id: question?.id ?? 0, decision: "allow" });
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.ok(existsSync(file));
  assert.equal(task.questions.length, 1);
});

test("two calls that ask in one message are each asked once, also over a kill", async (t) => {
  const w = await askingWorker(t, {}, { CLAUDE_WORKER_WARM: "0" });
  const calls = ["a", "b"].map((name) => ({ tool: "WebFetch", input: { url: `http://127.0.0.1:9/${name}`, prompt: name } }));
  w.model.play({ "fetch both": [step.tools(calls), step.text("Fetched.")] });
  await w.start();
  const { id } = await w.submit("fetch both");
  const questions = await w.asked(id, 2);
  await killEverything(w);
  await w.start();
  await parked(w, id);
  for (const question of questions) await w.client.answerQuestion({ id: question.id, decision: "deny", message: `no ${question.id}` });
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.deepEqual(
    task.questions.map(({ status }) => status),
    ["applied", "applied"],
    readFileSync(task.logs.raw, "utf8").slice(-8000),
  );
});

test("a call parks although another of its message waits behind it", async (t) => {
  // Long enough that Claude Code has told both calls.
  const w = await askingWorker(t, {}, { ...parkAtOnce, CLAUDE_WORKER_PARK_AFTER_MS: "1500" });
  const files = ["a", "b"].map((name) => path.join(w.place.work, name));
  const calls = files.map((file) => ({ tool: "Bash", input: { command: `echo x >> ${file} && sleep 0`, description: "mark" } }));
  w.model.play({ "mark both": [step.tools(calls), step.tools(calls.slice(1)), step.text("Marked.")] });
  await w.start();
  const { id } = await w.submit("mark both", { permission_mode: "default" });
  for (const _ of files) {
    const [question] = await w.asked(id);
    await parked(w, id);
    await w.client.answerQuestion({ id: question?.id ?? 0, decision: "allow" });
  }
  const task = await w.ended(id);
  assert.equal(task.result, "Marked.", JSON.stringify(task.error));
  assert.deepEqual(
    files.map((file) => readFileSync(file, "utf8")),
    ["x\n", "x\n"],
  );
  assert.equal(task.questions.length, 2);
});

test("an answer that an attempt could not use is used by retry --resume", async (t) => {
  const w = await askingWorker(t, {}, parkAtOnce);
  const file = path.join(w.place.work, "made");
  w.model.play({ "make the file": [step.bash(`echo x >> ${file} && sleep 0`), step.text("Made.")] });
  await w.start();
  const { id } = await w.submit("make the file", { permission_mode: "default" });
  const [question] = await w.asked(id);
  await parked(w, id);
  renameSync(w.place.work, `${w.place.work}-away`);
  await w.client.answerQuestion({ id: question?.id ?? 0, decision: "allow" });
  assert.equal((await w.ended(id)).error?.code, "environment_failed");
  renameSync(`${w.place.work}-away`, w.place.work);
  await w.client.retryTask({ id, resume: true });
  const task = await w.until(id, ({ result, status }) => result !== null || status === "waiting");
  assert.equal(task.result, "Made.", JSON.stringify(task.questions));
  assert.equal(readFileSync(file, "utf8"), "x\n");
  assert.deepEqual(
    task.questions.map(({ status }) => status),
    ["applied"],
  );
});

test("questions park together when one was answered first, and that answer counts then", async (t) => {
  const w = await askingWorker(t, {}, parkAtOnce);
  const fetchIt = (name: string) => ({ tool: "WebFetch", input: { url: `http://127.0.0.1:9/${name}`, prompt: name } });
  const slow = {
    tool: "Agent",
    input: { description: "slow", prompt: "be slow", subagent_type: "general-purpose", run_in_background: false },
  };
  w.model.play({
    // The helper begins first and works until `go`, so that nothing parks before.
    "fetch both": [step.tools([slow, fetchIt("a"), fetchIt("b")]), step.text("Fetched.")],
    "be slow": [step.bash("until [ -e go ]; do sleep 0.05; done"), step.text("Slow.")],
  });
  await w.start();
  const { id } = await w.submit("fetch both", { allow: ["Agent", "Bash"] });
  const [first, second] = await w.asked(id, 2);
  await w.client.answerQuestion({ id: second?.id ?? 0, decision: "deny" });
  writeFileSync(path.join(w.place.work, "go"), "");
  await parked(w, id);
  await w.client.answerQuestion({ id: first?.id ?? 0, decision: "deny" });
  const task = await w.ended(id);
  assert.equal(task.result, "Fetched.", JSON.stringify(task.error));
  assert.deepEqual(
    task.questions.map(({ status }) => status),
    ["applied", "applied"],
  );
});

test("the session of a task that waits for days does not look old to Claude Code", async (t) => {
  const w = await askingWorker(
    t,
    { "choose a colour": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")] },
    parkAtOnce,
  );
  await w.start();
  const { id } = await w.submit("choose a colour");
  await w.asked(id);
  await parked(w, id);
  const { session_id: session } = await w.client.getTask({ id });
  const transcript = findTranscript({ HOME: w.place.home }, session ?? "");
  assert.ok(transcript !== null);
  const old = new Date(Date.now() - 40 * 86_400_000);
  utimesSync(transcript, old, old);
  await w.cli(["server", "stop"]);
  await w.start();
  assert.ok(Date.now() - statSync(transcript).mtimeMs < 3_600_000);
});
