/** Answers that come while a runner leaves or a resume starts: each is applied once. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { FailpointName } from "../../src/processes/failpoint.ts";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { noneLeft, storyOf, traps } from "../reliability/setup.ts";
import { askingWorker } from "./setup.ts";
import type { AskingWorker } from "./setup.ts";

interface HaltingWorker extends AskingWorker {
  /** The next process that passes the place stops there, until it is continued. */
  halt(place: FailpointName): void;
  /** Waits until one has stopped. @returns what continues it. */
  halted(place: FailpointName): Promise<() => void>;
}

async function haltingWorker(t: TestContext, env: Record<string, string>): Promise<HaltingWorker> {
  const w = await askingWorker(t, {}, env);
  traps(w);
  const directory = w.env["CLAUDE_WORKER_FAILPOINTS"] ?? "";
  const seen = new Set<string>();
  return {
    ...w,
    halt: (place) => writeFileSync(path.join(directory, place), "SIGSTOP"),
    halted: async (place) => {
      const pid = await until(`somebody at ${place}`, () => {
        const name = readdirSync(directory).find((each) => each.startsWith(`${place}.`) && !seen.has(each));
        if (name === undefined) return null;
        seen.add(name);
        return Number(name.slice(place.length + 1));
      });
      return () => void process.kill(pid, "SIGCONT");
    },
  };
}

const statesOf = async (w: AskingWorker, id: number) => (await w.client.getTask({ id })).questions.map(({ status }) => status);
const answer = (w: AskingWorker, id: number | undefined) => w.client.answerQuestion({ id: id ?? 0, decision: "allow" });

test("an answer to a leaving runner, and another while the resume starts, apply once", async (t) => {
  // Long enough that Claude Code has told both calls.
  const w = await haltingWorker(t, { CLAUDE_WORKER_PARK_AFTER_MS: "1500" });
  const files = ["a", "b"].map((name) => path.join(w.place.work, name));
  const calls = files.map((file) => ({ tool: "Bash", input: { command: `echo x >> ${file} && sleep 0`, description: "mark" } }));
  w.model.play({ "mark both": [step.tools(calls), step.tools(calls.slice(1)), step.text("Marked.")] });
  await w.start();
  const { id, logs } = await w.submit("mark both", { permission_mode: "default" });

  w.halt("attempt.end.before");
  const [first] = await w.asked(id);
  const leaves = await w.halted("attempt.end.before");
  assert.match(readFileSync(logs.raw, "utf8"), /"stop_requested","reason":"parked"/);
  await answer(w, first?.id);
  assert.deepEqual(await statesOf(w, id), ["answered"], "the leaving runner uses no answer");
  w.halt("attempt.started");
  leaves();

  const starts = await w.halted("attempt.started");
  await assert.rejects(answer(w, first?.id), { code: "conflict", message: /is not open any more/ });
  assert.deepEqual(await statesOf(w, id), ["answered"]);
  w.halt("attempt.end.before");
  starts();

  const [second] = await w.asked(id);
  const leavesAgain = await w.halted("attempt.end.before");
  await answer(w, second?.id);
  assert.deepEqual(await statesOf(w, id), ["applied", "answered"]);
  leavesAgain();

  const task = await w.ended(id);
  assert.deepEqual([task.result, task.attempts], ["Marked.", 3], JSON.stringify([task.error, task.questions]));
  assert.deepEqual(await statesOf(w, id), ["applied", "applied"]);
  for (const file of files) assert.equal(readFileSync(file, "utf8"), "x\n");
  const answered = (await storyOf(w, id)).filter(({ type }) => type === "question_answered");
  assert.equal(answered.length, 2);
  await noneLeft(w);
});

test("of two open questions one is answered while the runner leaves, one at its end", async (t) => {
  const w = await haltingWorker(t, { CLAUDE_WORKER_PARK_AFTER_MS: "3000" });
  const calls = ["one", "two"].map((name) => {
    return { tool: "Read", input: { file_path: w.place.file(`outside/${name}.txt`, `the text ${name}\n`) } };
  });
  w.model.play({ "read both": [step.tools(calls), step.tools(calls.slice(0, 1)), step.text("Read.")] });
  await w.start();
  const { id } = await w.submit("read both", { permission_mode: "default" });

  w.halt("attempt.end.before");
  const [one, two] = await w.asked(id, 2);
  const leaves = await w.halted("attempt.end.before");
  await answer(w, one?.id);
  w.halt("attempt.started");
  leaves();
  await until("its end", async () => (await w.client.listAttempts({ id })).attempts[0]?.ended_at);
  assert.deepEqual(await statesOf(w, id), ["answered", "open"]);
  assert.equal((await w.client.getTask({ id })).status, "waiting");
  // The first of two answers starts the attempt that applies all.
  const [taken, late] = await Promise.allSettled([answer(w, two?.id), answer(w, two?.id)]);
  assert.deepEqual([taken.status, late.status].toSorted(), ["fulfilled", "rejected"]);
  const starts = await w.halted("attempt.started");
  await assert.rejects(answer(w, one?.id), { code: "conflict" });
  assert.deepEqual(await statesOf(w, id), ["answered", "answered"]);
  starts();

  const task = await w.ended(id);
  assert.deepEqual([task.result, task.attempts], ["Read.", 2], JSON.stringify([task.error, task.questions]));
  assert.deepEqual(await statesOf(w, id), ["applied", "applied"]);
  const said = JSON.stringify(w.model.requests().findLast(({ key }) => key === "read both")?.body.messages);
  for (const name of ["one", "two"]) assert.equal(said.split(`the text ${name}`).length - 1, 1, said);
  await noneLeft(w);
});

test("a message that comes before an answered call begins lets the call run to its end", async (t) => {
  const w = await haltingWorker(t, { CLAUDE_WORKER_PARK_AFTER_MS: "0" });
  const [begun, made] = ["begun", "made"].map((name) => path.join(w.place.work, name));
  w.model.play({
    "make the file": [step.bash(`touch ${begun} && sleep 4 && echo x >> ${made}`), step.bash("echo more"), step.text("Made.")],
    "Be brief": [step.text("Brief.")],
  });
  await w.start();
  const { id } = await w.submit("make the file", { permission_mode: "default", allow: ["Bash(echo more)"] });
  const [question] = await w.asked(id);
  await until("its runner to leave", async () => (await w.client.listAttempts({ id })).attempts[0]?.ended_at);
  w.halt("session.deferred");
  await answer(w, question?.id);
  const begins = await w.halted("session.deferred");
  await w.until(id, ({ status }) => status === "running");
  await w.client.sendMessage({ id, text: "Be brief", delivery: "now" });
  begins();

  const task = await w.ended(id);
  assert.deepEqual([task.status, task.result], ["completed", "Brief."], JSON.stringify([task.error, task.messages]));
  assert.deepEqual(await statesOf(w, id), ["applied"]);
  assert.equal(readFileSync(made ?? "", "utf8"), "x\n");
  assert.doesNotMatch(JSON.stringify(w.model.requests().at(-1)?.body.messages), /interrupted/i);
});
