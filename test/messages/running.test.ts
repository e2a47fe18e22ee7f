/** Messages to tasks that run or wait: they join the conversation at the right moment. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { TaskView } from "../../src/client/index.ts";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { listProcesses } from "../../src/processes/process-table.ts";
import { killAndWait, killEverything, killServer, noneLeft, runnerOf } from "../reliability/setup.ts";
import { atGate, inQueue } from "./at-gate.ts";
import { askingWorker, oneQuestion } from "../questions/setup.ts";

test("a message to a running task joins its turn at the next step", async (t) => {
  const w = await atGate(t, { "mind the style": [step.text("Minded.")] });
  await w.client.sendMessage({ id: w.id, text: "mind the style" });
  await inQueue(w);
  w.open();
  const task = await w.done();
  assert.deepEqual([task.status, task.result, task.attempts, task.num_turns], ["completed", "Minded.", 1, 2]);
  assert.equal(w.model.requests().length, 2);
  assert.match((await w.cli(["unsend", String(w.id), "m1"])).stderr, /is done/);
});

test("messages that a running task has not begun are taken back, and never said", async (t) => {
  const w = await atGate(t, { "the tests": [step.text("Tested.")] });
  const { id: next } = await w.client.sendMessage({ id: w.id, text: "mind the style" });
  const { id: later } = await w.client.sendMessage({ id: w.id, text: "then the tests", delivery: "after_turn" });
  await inQueue(w, 2);
  const { code, stdout, stderr } = await w.cli(["unsend", String(w.id), `m${next}`]);
  assert.deepEqual([code, stdout], [0, `Message m${next} is taken back.\n`], stderr);
  assert.equal((await w.client.unsendMessage({ id: w.id, message: later })).status, "cancelled");
  await assert.rejects(w.client.unsendMessage({ id: w.id, message: later }), /was taken back already/);
  w.open();
  const task = await w.ended(w.id);
  assert.deepEqual([task.status, task.result, task.attempts], ["completed", "The long job is done.", 1]);
  assert.doesNotMatch(JSON.stringify(w.model.requests().map(({ body }) => body.messages)), /mind the style|the tests/);
  const { events } = await w.client.taskEvents({ id: w.id, limit: 1000 });
  assert.deepEqual(
    events.flatMap(({ type, data }) => (type === "message_cancelled" ? [data] : [])),
    [next, later].map((message) => ({ message, by: "socket" })),
  );
});

test("a message is taken back or said, however close to its step the wish comes", async (t) => {
  const moves = Array.from({ length: 12 }, () => step.bash("sleep 0.1"));
  const w = await askingWorker(t, { "the job": [...moves, step.text("Done.")], "mind the": [...moves, step.text("Minded.")] });
  await w.start();
  const { id } = await w.submit("the job", { allow: ["Bash"] });
  const outcomes = new Map<number, boolean>();
  for (let at = 0; at < 8; at += 1) {
    await w.until(id, ({ num_turns }) => (num_turns ?? 0) > at);
    const { id: message } = await w.client.sendMessage({ id, text: `mind the rule ${at}.` });
    // Wishes come at all moments of a step.
    await new Promise((resolve) => setTimeout(resolve, at * 30));
    const taken = await w.client.unsendMessage({ id, message }).then(
      () => true,
      (error: unknown) => {
        assert.match(String(error), /cannot be taken back/);
        return false;
      },
    );
    outcomes.set(message, taken);
  }
  const task = await w.until(id, ({ ended_at, messages }) => ended_at !== null && messages.every(({ status }) => status !== "queued"));
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  const said = JSON.stringify(w.model.requests().map(({ body }) => body.messages));
  const { messages } = await w.client.listMessages({ id });
  for (const { id: message, text, status } of messages) {
    assert.equal(status, outcomes.get(message) === true ? "cancelled" : "done", text);
    assert.equal(said.includes(text), status === "done", text);
  }
});

test("a message that Claude Code cannot give back yet is taken back or said later", async (t) => {
  const w = await atGate(t, {});
  const { id: message } = await w.client.sendMessage({ id: w.id, text: "mind the style" });
  await inQueue(w);
  const runner = await runnerOf(w, w.id);
  const claude = (await listProcesses()).find(({ parent, alive }) => alive && parent === runner)?.pid ?? assert.fail();
  process.kill(claude, "SIGSTOP");
  await assert.rejects(w.client.unsendMessage({ id: w.id, message }), /has not said whether/);
  process.kill(claude, "SIGCONT");
  const isTaken = ({ messages }: TaskView): boolean => messages.every(({ status }) => status !== "queued");
  await w.until(w.id, isTaken);
  w.open();
  const task = await w.ended(w.id);
  assert.deepEqual([task.status, task.result], ["completed", "The long job is done."]);
  assert.doesNotMatch(JSON.stringify(w.model.requests().map(({ body }) => body.messages)), /mind the style/);
});

test("a message is taken back from the process of a task that waits for an answer", async (t) => {
  const w = await askingWorker(t, {}, { CLAUDE_WORKER_PARK_AFTER_MS: "600000" });
  w.model.play({ "make the file": [step.bash("touch made && sleep 0"), step.text("Made.")], "and then": [step.text("Then.")] });
  await w.start();
  const release = w.model.hold(["make the file"]);
  const { id } = await w.submit("make the file", { permission_mode: "default" });
  await until("its call of the model", () => w.model.requests().length > 0);
  const { id: message } = await w.client.sendMessage({ id, text: "and then", delivery: "after_turn" });
  const { logs } = await w.client.getTask({ id });
  await until("Claude Code's queue", () => readFileSync(logs.raw, "utf8").split('"state":"queued"').length > 1);
  release();
  const [question] = await w.asked(id);
  assert.equal((await w.client.unsendMessage({ id, message })).status, "cancelled");
  await w.client.answerQuestion({ id: question?.id ?? 0, decision: "allow" });
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.result], ["completed", "Made."], JSON.stringify(task.error));
});

test("a message is taken back once its process and its server are gone", async (t) => {
  const w = await atGate(t, {});
  const { id: message } = await w.client.sendMessage({ id: w.id, text: "mind the style" });
  await inQueue(w);
  await killEverything(w);
  await w.start();
  const taken = await w.client.unsendMessage({ id: w.id, message }).then(
    () => true,
    () => false,
  );
  w.open();
  const task = await w.until(w.id, ({ ended_at, messages }) => ended_at !== null && messages.every(({ status }) => status !== "queued"));
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  const said = w.model.requests().some(({ body }) => JSON.stringify(body.messages).includes("mind the style"));
  assert.equal(said, !taken);
});

test("a message after the turn is a turn of its own in the same process", async (t) => {
  const w = await atGate(t, { "the tests": [step.text("Tested.")] });
  assert.equal((await w.cli(["send", String(w.id), "--after-turn", "the tests"])).code, 0);
  await inQueue(w);
  w.open();
  const task = await w.done();
  assert.deepEqual([task.status, task.result, task.attempts, task.num_turns], ["completed", "Tested.", 1, 3]);
  const { events } = await w.client.taskEvents({ id: w.id, limit: 1000 });
  const results = events.flatMap(({ type, data }) => (type === "result" ? [data] : []));
  assert.equal(results.length, 2);
  assert.ok(Math.abs((task.cost_usd ?? 0) - (results.at(-1)?.cost_usd ?? 0)) < 1e-9, JSON.stringify(results));
});

test("a question in the turn of a message stays when its process leaves", async (t) => {
  const script = { "ask me": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")] };
  const w = await atGate(t, script, { CLAUDE_WORKER_PARK_AFTER_MS: "0" });
  await w.client.sendMessage({ id: w.id, text: "ask me", delivery: "after_turn" });
  await inQueue(w);
  w.open();
  const [question] = await w.asked(w.id);
  await noneLeft(w);
  assert.equal((await w.client.getTask({ id: w.id })).status, "waiting");
  await w.client.answerQuestion({ id: question?.id ?? 0, option: "Blue" });
  const task = await w.done();
  assert.deepEqual([task.status, task.result, task.attempts], ["completed", "Painted.", 2], JSON.stringify(task.error));
  assert.deepEqual(
    task.questions.map(({ status }) => status),
    ["applied"],
  );
});

test("a message sent now replaces the turn, which is not a success", async (t) => {
  const w = await atGate(t, { "stop that": [step.text("Stopped.")] });
  assert.equal((await w.cli(["send", String(w.id), "--now", "stop that"])).code, 0);
  const task = await w.done();
  assert.deepEqual([task.status, task.result, task.attempts], ["completed", "Stopped.", 1]);
  assert.match((await w.cli(["send", String(w.id), "--now", "--dismiss", "x"])).stderr, /only one of/);
});

test("a message to a running task is said once when its runner is killed", async (t) => {
  const w = await atGate(t, { "mind the style": [step.text("Minded.")] });
  await w.client.sendMessage({ id: w.id, text: "mind the style" });
  await inQueue(w);
  await killAndWait(await runnerOf(w, w.id));
  w.open();
  const task = await w.done();
  assert.deepEqual([task.status, task.attempts], ["completed", 2], JSON.stringify(task.error));
  assert.equal(w.said().split("mind the style").length - 1, 1, w.said());
});

test("a message to a running task is said once when everything is killed", async (t) => {
  const w = await atGate(t, { "mind the style": [step.text("Minded.", 1500)] });
  await w.client.sendMessage({ id: w.id, text: "mind the style" });
  await inQueue(w);
  w.open();
  await until("the call of the model with it", () => w.model.requests().length > 1);
  await killEverything(w);
  await w.start();
  const task = await w.done();
  assert.deepEqual([task.status, task.result], ["completed", "Minded."], JSON.stringify(task.error));
  assert.equal(w.said().split("mind the style").length - 1, 1, w.said());
});

test("messages that begin one turn together are said once when everything is killed", async (t) => {
  const w = await atGate(t, { "stop that": [step.text("Stopped.", 1500)] });
  await w.client.sendMessage({ id: w.id, text: "mind the style" });
  await inQueue(w);
  await w.client.sendMessage({ id: w.id, text: "stop that", delivery: "now" });
  await until("the call of the model with them", () => w.model.requests().length > 1);
  await killEverything(w);
  await w.start();
  const task = await w.done();
  assert.deepEqual([task.status, task.result], ["completed", "Stopped."], JSON.stringify(task.error));
  for (const text of ["mind the style", "stop that"]) assert.equal(w.said().split(text).length - 1, 1, w.said());
});

test("messages are said once when servers die between their commit and the runner", async (t) => {
  const w = await atGate(t, { "mind the style": [step.text("Minded.")] });
  const runner = await runnerOf(w, w.id);
  // Its socket has the first message when it continues, from a server that is gone.
  process.kill(runner, "SIGSTOP");
  await w.client.sendMessage({ id: w.id, text: "first mind the names" });
  await killServer(w);
  await w.start();
  const second = { id: w.id, text: "then mind the style", key: crypto.randomUUID() };
  w.trap("store.commit.after");
  await assert.rejects(w.client.sendMessage(second));
  await w.felled("store.commit.after");
  await w.start();
  assert.equal((await w.client.sendMessage(second)).id, 2, "it was stored before the kill");
  process.kill(runner, "SIGCONT");
  await inQueue(w, 2);
  w.open();
  const task = await w.done();
  assert.deepEqual([task.status, task.attempts, task.messages.length], ["completed", 1, 2], JSON.stringify(task.error));
  assert.match(w.said(), /^(?!.*mind the names.*mind the names)(?!.*mind the style.*mind the style).*mind the names.*mind the style/);
});

test("no message is lost that comes while the turn ends", async (t) => {
  const w = await askingWorker(t, { "the job": [step.text("Done.", 200)], "and then": [step.text("Then.")] });
  await w.start();
  for (const waitMs of [0, 150, 250, 350]) {
    const { id } = await w.submit("the job");
    const before = w.model.requests().length;
    await until("its call of the model", () => w.model.requests().length > before);
    // Messages come before, at and after the end of the turn.
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    await w.client.sendMessage({ id, text: "and then" });
    const task = await w.until(id, ({ ended_at, messages }) => ended_at !== null && messages.every(({ status }) => status === "done"));
    assert.deepEqual([task.status, task.result], ["completed", "Then."], `${waitMs} ms`);
  }
});

test("a waiting task gets a message after the answer of its question", async (t) => {
  const w = await askingWorker(t, {}, { CLAUDE_WORKER_PARK_AFTER_MS: "600000" });
  w.model.play({ "make the file": [step.bash("touch made && sleep 0"), step.text("Made.")], "and a second": [step.text("Both.")] });
  await w.start();
  const { id } = await w.submit("make the file", { permission_mode: "default" });
  const [question] = await w.asked(id);
  await w.client.sendMessage({ id, text: "and a second" });
  assert.equal((await w.client.getTask({ id })).messages[0]?.status, "queued");
  await w.client.answerQuestion({ id: question?.id ?? 0, decision: "allow" });
  const task = await w.until(id, ({ ended_at, messages }) => ended_at !== null && messages.every(({ status }) => status === "done"));
  assert.deepEqual([task.status, task.result], ["completed", "Both."]);
});

test("a message that dismisses denies the open question and is its reason", async (t) => {
  const w = await askingWorker(t, {}, { CLAUDE_WORKER_PARK_AFTER_MS: "600000" });
  w.model.play({ "make the file": [step.bash("touch made && sleep 0"), step.text("Not made.")] });
  await w.start();
  const { id } = await w.submit("make the file", { permission_mode: "default" });
  await w.asked(id);
  assert.equal((await w.cli(["send", String(id), "--dismiss", "not on staging"])).code, 0);
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.result], ["completed", "Not made."]);
  assert.partialDeepStrictEqual(task.questions, [{ status: "applied", answer: { decision: "deny", message: "not on staging" } }]);
  assert.partialDeepStrictEqual(task.messages, [{ status: "done", delivery: "dismiss" }]);
  assert.match(JSON.stringify(w.model.requests().at(-1)?.body.messages), /not on staging/);
  assert.match((await w.cli(["send", String(id), "--dismiss", "x"])).stderr, /no open question/);
});
