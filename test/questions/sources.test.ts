import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { killAndWait, killServer, runnerOf } from "../reliability/setup.ts";
import { askingWorker, oneQuestion } from "./setup.ts";

test("an allowed rule counts for the same call in the session and in later tasks", async (t) => {
  const w = await askingWorker(t, {
    "touch twice": [step.bash("touch one"), step.bash("touch one"), step.text("Touched.")],
    "touch again": [step.bash("touch one"), step.text("Touched again.")],
  });
  await w.start();
  const first = await w.submit("touch twice", { permission_mode: "default" });
  const [question] = await w.asked(first.id);
  assert.match(question?.rule ?? "", /^Bash\(touch/);
  await w.client.answerQuestion({ id: question?.id ?? 0, decision: "allow", remember: "directory" });
  assert.equal((await w.ended(first.id)).questions.length, 1);
  const second = await w.submit("touch again", { permission_mode: "default" });
  assert.deepEqual((await w.ended(second.id)).questions, []);
});

test("a waiting task holds no slot, and its answer comes before tasks that wait", async (t) => {
  const w = await askingWorker(
    t,
    {
      "choose a colour": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")],
      "work long": [step.bash("until [ -e go ]; do sleep 0.05; done"), step.text("Worked.")],
      "work later": [step.text("Later.")],
    },
    { CLAUDE_WORKER_WORKERS: "1", CLAUDE_WORKER_PARK_AFTER_MS: "0" },
  );
  await w.start();
  const asking = await w.submit("choose a colour");
  const [question] = await w.asked(asking.id);
  const long = await w.submit("work long", { allow: ["Bash"] });
  await w.until(long.id, ({ status }) => status === "running");
  const later = await w.submit("work later", { priority: 50 });
  await until("the parked runner", async () => (await w.client.listAttempts({ id: asking.id })).attempts[0]?.ended_at != null);
  await w.client.answerQuestion({ id: question?.id ?? 0, option: "Red" });
  assert.equal((await w.client.getTask({ id: asking.id })).status, "pending");
  writeFileSync(path.join(w.place.work, "go"), "");
  for (const { id } of [asking, later]) await w.ended(id);
  const startOf = async (id: number, attempt: number): Promise<number> =>
    Date.parse((await w.client.listAttempts({ id })).attempts[attempt]?.started_at ?? "");
  assert.ok((await startOf(asking.id, 1)) <= (await startOf(later.id, 0)), "the answered task starts first");
});

test("an answer survives the death of the runner before it has its effect", async (t) => {
  const w = await askingWorker(t, {
    "choose a colour": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")],
  });
  await w.start();
  const { id } = await w.submit("choose a colour");
  const [question] = await w.asked(id);
  const runner = await runnerOf(w, id);
  // The runner cannot take the answer before it is killed.
  process.kill(runner, "SIGSTOP");
  await w.client.answerQuestion({ id: question?.id ?? 0, option: "Blue" });
  await w.until(id, ({ status }) => status === "running");
  await killAndWait(runner);
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.partialDeepStrictEqual(task.questions, [{ status: "applied", answer: { answers: { "Which colour?": "Blue" } } }]);
  assert.match(JSON.stringify(w.model.requests().at(-1)), /Blue/);
});

test("an answer survives the death of the server before the runner has it", async (t) => {
  const w = await askingWorker(t, {
    "choose a colour": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")],
  });
  await w.start();
  const { id } = await w.submit("choose a colour");
  const [question] = await w.asked(id);
  const runner = await runnerOf(w, id);
  process.kill(runner, "SIGSTOP");
  await w.client.answerQuestion({ id: question?.id ?? 0, option: "Blue" });
  await killServer(w);
  process.kill(runner, "SIGCONT");
  await w.start();
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.partialDeepStrictEqual(task.questions, [{ status: "applied" }]);
  assert.equal(task.attempts, 1);
});

test("a rule of one answer does not allow the call that the other answer denied", async (t) => {
  const w = await askingWorker(t, {}, { CLAUDE_WORKER_PARK_AFTER_MS: "0" });
  const calls = ["a", "b"].map((name) => ({ tool: "WebFetch", input: { url: `http://127.0.0.1:9/${name}`, prompt: name } }));
  await w.start();
  for (const always of [0, 1]) {
    w.model.play({ [`fetch both ${always}`]: [step.tools(calls), step.text("Fetched.")] });
    const { id } = await w.submit(`fetch both ${always}`);
    const questions = await w.asked(id, 2);
    await until("the runner to leave", async () => (await w.client.listAttempts({ id })).attempts[0]?.ended_at != null);
    for (const [at, question] of questions.entries()) {
      await w.client.answerQuestion({
        id: question.id,
        ...(at === always ? { option: "always" } : { decision: "deny", message: "not there" }),
      });
    }
    const task = await w.ended(id);
    assert.equal(task.status, "completed", JSON.stringify(task.error));
    const denied = task.questions[1 - always];
    const results = (await w.client.taskEvents({ id, limit: 500 })).events.flatMap(({ type, data }) =>
      type === "tool_result" ? [data.text] : [],
    );
    assert.equal(denied?.status, "applied");
    assert.ok(results.includes("The user denied this call: not there"), results.join("\n"));
    for (const rule of (await w.client.listRules()).rules) await w.client.removeRule({ id: rule.id });
  }
});

test("a rule that another task has got does not allow a call that was denied", async (t) => {
  const w = await askingWorker(t, {}, { CLAUDE_WORKER_PARK_AFTER_MS: "0" });
  const outside = path.join(w.place.directory, "outside.txt");
  writeFileSync(outside, "secret\n");
  w.model.play({
    "read later": [step.bash("until [ -e go ]; do sleep 0.05; done"), step.read(outside), step.text("Read.")],
    "read now": [step.read(outside), step.text("Read.")],
  });
  await w.start();
  const { id: later } = await w.submit("read later", {
    permission_mode: "default",
    allow: ["Bash(until *)", "Bash([ *)", "Bash(sleep *)"],
  });
  const { id: now } = await w.submit("read now", { permission_mode: "default" });
  const [first] = await w.asked(now);
  // The process of the other task runs already, without the rule.
  await w.until(later, ({ last_action: action }) => action?.includes("until") ?? false);
  await w.client.answerQuestion({ id: first?.id ?? 0, option: "always" });
  writeFileSync(path.join(w.place.work, "go"), "");
  const [second] = await w.asked(later);
  await until("the runner to leave", async () => (await w.client.listAttempts({ id: later })).attempts[0]?.ended_at != null);
  await w.client.answerQuestion({ id: second?.id ?? 0, decision: "deny", message: "not this file" });
  await w.ended(later);
  const { events } = await w.client.taskEvents({ id: later, limit: 500 });
  const results = events.flatMap(({ type, data }) => (type === "tool_result" ? [data.text] : []));
  assert.equal(results.at(-1), "The user denied this call: not this file");
});
