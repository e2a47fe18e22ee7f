import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { askingWorker, oneQuestion } from "./setup.ts";

test("a call that no rule decides waits for a person, and runs once it is allowed", async (t) => {
  const w = await askingWorker(t);
  const file = path.join(w.place.work, "made");
  w.model.play({ "make the file": [step.bash(`touch ${file} && sleep 0`), step.text("Made.")] });
  await w.start();
  const { id } = await w.submit("make the file", { permission_mode: "default" });
  const [question] = await w.asked(id);
  assert.equal((await w.client.getTask({ id })).status, "waiting");
  assert.partialDeepStrictEqual(question, { kind: "permission", tool: "Bash", status: "open", answer: null });
  assert.ok(!existsSync(file));
  await w.client.answerQuestion({ id: question?.id ?? 0, decision: "allow" });
  const task = await w.ended(id);
  assert.equal(task.status, "completed");
  assert.equal(task.result, "Made.");
  assert.equal(task.attempts, 1);
  assert.ok(existsSync(file));
  assert.partialDeepStrictEqual(task.questions, [{ status: "applied", answer: { decision: "allow" }, answered_by: "socket" }]);
});

test("a denial reaches Claude with its reason", async (t) => {
  const w = await askingWorker(t, { "fetch it": [step.bash("curl -s http://127.0.0.1:9/x"), step.text("Left alone.")] });
  await w.start();
  const { id } = await w.submit("fetch it");
  const [question] = await w.asked(id);
  await w.client.answerQuestion({ id: question?.id ?? 0, decision: "deny", message: "not on staging" });
  const task = await w.ended(id);
  assert.equal(task.status, "completed");
  assert.match(JSON.stringify(w.model.requests().at(-1)), /not on staging/);
  assert.partialDeepStrictEqual(task.questions, [{ status: "applied", answer: { decision: "deny", message: "not on staging" } }]);
});

test("a question of Claude gets the option that was picked", async (t) => {
  const w = await askingWorker(t, {
    "choose a colour": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")],
  });
  await w.start();
  const { id } = await w.submit("choose a colour");
  const [question] = await w.asked(id);
  assert.equal(question?.text, "Which colour?");
  assert.deepEqual(
    question?.options.map(({ label }) => label),
    ["Red", "Blue"],
  );
  await w.client.answerQuestion({ id: question?.id ?? 0, option: "Blue" });
  assert.equal((await w.ended(id)).status, "completed");
  assert.match(JSON.stringify(w.model.requests().at(-1)), /Which colour\?\\*"=\\*"Blue/);
});

test("a plan is sent back with words, approved, and worked on in the same session", async (t) => {
  const w = await askingWorker(t);
  const file = path.join(w.place.work, "done");
  w.model.play({
    "plan it": [
      step.tool("ExitPlanMode", { plan: "1. Do it" }),
      step.tool("ExitPlanMode", { plan: "1. Do it well" }),
      step.write(file, "yes"),
      step.text("Worked."),
    ],
  });
  await w.start();
  const { id } = await w.submit("plan it", { permission_mode: "plan" });
  const [first] = await w.asked(id);
  assert.equal(first?.kind, "plan");
  await w.client.answerQuestion({ id: first?.id ?? 0, decision: "deny", message: "do it well" });
  const [second] = await w.asked(id);
  assert.match(JSON.stringify(w.model.requests().at(-1)), /do it well/);
  await w.client.answerQuestion({ id: second?.id ?? 0, decision: "allow", mode: "acceptEdits" });
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.ok(existsSync(file));
  assert.equal(task.attempts, 1);
});

test("a task that may ask still takes a parked Claude Code, parks, and continues", async (t) => {
  const w = await askingWorker(
    t,
    { "choose a colour": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")] },
    { CLAUDE_WORKER_PARK_AFTER_MS: "0", CLAUDE_WORKER_WARM: "1" },
  );
  await w.start();
  await until("a parked runner", async () => (await w.client.server()).workers.parked > 0);
  const { id } = await w.submit("choose a colour");
  const [question] = await w.asked(id);
  await until("the runner to leave", async () => (await w.client.listAttempts({ id })).attempts.at(-1)?.ended_at != null);
  await until("the next parked runner", async () => (await w.client.server()).workers.parked > 0);
  await w.client.answerQuestion({ id: question?.id ?? 0, option: "Red" });
  assert.equal((await w.ended(id)).status, "completed");
  const { attempts } = await w.client.listAttempts({ id });
  assert.deepEqual(
    attempts.map(({ warm, resumed, outcome }) => [warm, resumed, outcome?.kind]),
    [
      [true, false, "parked"],
      [true, true, "succeeded"],
    ],
  );
});
