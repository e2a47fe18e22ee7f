/** An answer counts for one call, also when the runner dies before it has noted the result. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { findTranscript } from "../../src/config/claude-transcript.ts";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { killAndWait, killServer, noneLeft, runnerOf, traps } from "../reliability/setup.ts";
import { askingWorker } from "./setup.ts";

test("an answer whose result only the session has allows no second call", async (t) => {
  const w = await askingWorker(t);
  const file = path.join(w.place.work, "made");
  const mark = (delayMs = 0) => step.bash(`echo x >> ${file}; sleep 1`, delayMs);
  // Late enough for the sweep: a Claude Code whose runner is gone denies a call that asks.
  w.model.play({ "mark twice": [mark(), mark(2000), step.text("Marked.")] });
  await w.start();
  const { id } = await w.submit("mark twice", { permission_mode: "default" });
  const [first] = await w.asked(id);
  const { logs, session_id: session } = await w.client.getTask({ id });
  const runner = await runnerOf(w, id);
  await w.client.answerQuestion({ id: first?.id ?? 0, decision: "allow" });
  await until("Claude Code to have the answer", () => readFileSync(logs.raw, "utf8").includes('"question_answered"'));
  // The runner notes nothing more, and Claude Code ends the call.
  process.kill(runner, "SIGSTOP");
  const transcript = findTranscript({ HOME: w.place.home }, session ?? "") ?? assert.fail();
  await until("the result in the session", () => readFileSync(transcript, "utf8").includes('"tool_result"'));
  await killAndWait(runner);
  const [second] = await w.asked(id);
  assert.equal(readFileSync(file, "utf8"), "x\n");
  await w.client.answerQuestion({ id: second?.id ?? 0, decision: "deny" });
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["completed", 2], JSON.stringify(task.error));
  assert.partialDeepStrictEqual(task.questions, [
    { status: "applied", answer: { decision: "allow" } },
    { status: "applied", answer: { decision: "deny" } },
  ]);
  assert.equal(readFileSync(file, "utf8"), "x\n");
});

test("an answer counts once when runners die before they start Claude Code with it", async (t) => {
  const w = await askingWorker(t, {}, { CLAUDE_WORKER_PARK_AFTER_MS: "0" });
  const { trap, felled } = traps(w);
  const file = path.join(w.place.work, "made");
  w.model.play({ "make the file": [step.bash(`echo x >> ${file} && sleep 0`), step.text("Made.")] });
  await w.start();
  const { id } = await w.submit("make the file", { permission_mode: "default" });
  const [question] = await w.asked(id);
  await noneLeft(w);
  trap("session.repaired");
  trap("session.deferred");
  await w.client.answerQuestion({ id: question?.id ?? 0, decision: "allow" });
  await felled("session.repaired");
  await felled("session.deferred");
  const task = await w.ended(id);
  assert.deepEqual([task.result, task.attempts], ["Made.", 4], JSON.stringify(task.error));
  assert.equal(readFileSync(file, "utf8"), "x\n");
  assert.partialDeepStrictEqual(task.questions, [{ status: "applied", tool_use_id: question?.tool_use_id }]);
  assert.deepEqual([task.questions.length, w.model.requests().length], [1, 2], "it is neither asked nor called again");
});

test("a question survives a Claude Code that outlives its runner and ends the turn", async (t) => {
  const w = await askingWorker(t);
  const file = path.join(w.place.work, "made");
  w.model.play({ "make the file": [step.bash(`touch ${file} && sleep 0`), step.text("Made.")] });
  await w.start();
  const { id } = await w.submit("make the file", { permission_mode: "default" });
  const [question] = await w.asked(id);
  const { session_id: session } = await w.client.getTask({ id });
  const runner = await runnerOf(w, id);
  await killServer(w);
  process.kill(runner, "SIGKILL");
  const transcript = findTranscript({ HOME: w.place.home }, session ?? "") ?? assert.fail();
  await until("the end of the turn", () => readFileSync(transcript, "utf8").includes('"text":"Made."'));
  await w.start();
  await until("the end of the attempt", async () => (await w.client.listAttempts({ id })).attempts[0]?.ended_at != null);
  assert.equal((await w.client.getTask({ id })).status, "waiting");
  assert.ok(!existsSync(file));
  await w.client.answerQuestion({ id: question?.id ?? 0, decision: "allow" });
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.questions.map(({ status }) => status)], ["completed", ["applied"]], JSON.stringify(task.error));
  assert.ok(existsSync(file));
  const told = JSON.stringify(w.model.requests().at(-1)?.body.messages);
  assert.match(told, /completed with no output/, "Claude is told what came of the call");
  assert.doesNotMatch(told, /permission request failed/);
});
