import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../../src/contract/caller.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import { tookOf } from "../../../src/cli/terminal/render/task-list.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { askingTask, permission } from "../../../testing/plain-question.ts";
import { realApi } from "../../../testing/real-api.ts";
import { dataOf, event } from "../../../testing/events.ts";

const person: Caller = { scope: "admin", name: "socket" };

test("a retry starts a new session and keeps what earlier attempts cost", async (t) => {
  const { api, store, corner, clock, run } = realApi(t);
  const { id } = await api.submitTask(taskInput.parse(goodTask(corner.work)), person);
  await run(id, [{ type: "text", data: { text: "Halfway." } }], "fail");
  await store.write(() =>
    store.tasks.patch(id, clock.nowMs, {
      resumable: true,
      sessionId: crypto.randomUUID(),
      poisonCount: 2,
      setbacks: 9,
      cutCall: "Bash {}",
      retriesSpent: 3,
      refusals: 4,
      refusal: "401",
      notBefore: clock.nowMs + 1000,
      notBeforeReason: "refused",
      result: "half of it",
      error: { code: "agent_failed", message: "no" },
    }),
  );
  const before = store.events.ofTask(id, 0, 100).length;
  await api.retryTask({ id }, person);
  const task = store.tasks.get(id);
  assert.partialDeepStrictEqual(task, {
    status: "pending",
    resumable: false,
    sessionId: null,
    poisonCount: 0,
    setbacks: 0,
    cutCall: null,
    retriesSpent: 0,
    refusals: 0,
    refusal: null,
    notBefore: null,
    notBeforeReason: null,
    cancelRequestedAt: null,
    result: null,
    error: null,
    attemptCount: 1,
  });
  const story = store.events.ofTask(id, before, 100);
  assert.partialDeepStrictEqual(story, [{ type: "retried", attemptId: null, data: { by: "socket", was: "failed", changed: [] } }]);
});

test("the event of a retry names what changed as JSON names it", async (t) => {
  const { api, store, corner, run } = realApi(t);
  const { id } = await api.submitTask(taskInput.parse(goodTask(corner.work)), person);
  await run(id, [event("text", { text: "Halfway." })], "fail");
  await api.retryTask({ id, max_turns: 7, working_directory: corner.work }, person);
  const retried = store.events.tail(id, 10).find(({ type }) => type === "retried");
  assert.deepEqual(dataOf(retried, "retried").changed, ["working_directory", "max_turns"]);
});

test("a retry whose budget is spent is refused with what was spent", async (t) => {
  const { api, store, corner, clock, run } = realApi(t);
  const { id } = await api.submitTask(taskInput.parse({ ...goodTask(corner.work), max_budget_usd: 0.3 }), person);
  await run(id, [{ type: "text", data: { text: "Halfway." } }], "fail");
  await store.write(() => store.tasks.patch(id, clock.nowMs, { costUsd: 0.36 }));
  const refused = { code: "conflict", message: /\$0\.3600 of \$0\.\d+\. .*retry 1 --max-budget-usd 0\.37/ };
  for (const input of [{}, { max_budget_usd: 0.36 }, { max_budget_usd: 0.1 }])
    await assert.rejects(async () => await api.retryTask({ id, ...input }, person), refused, JSON.stringify(input));
  assert.equal(store.tasks.get(id)?.status, "failed");
  assert.equal((await api.retryTask({ id, max_budget_usd: 0.37 }, person)).status, "pending");
  await run(id, [{ type: "text", data: { text: "Again." } }], "fail");
  assert.equal((await api.retryTask({ id, max_budget_usd: null }, person)).status, "pending");
});

test("how long a retried task has run counts its attempts, not the time between them", async (t) => {
  const { api, store, corner, clock, run } = realApi(t);
  const { id } = await api.submitTask(taskInput.parse(goodTask(corner.work)), person);
  await run(id, [], "fail");
  await store.write(() => store.tasks.patch(id, clock.nowMs, { durationMs: 4_000 }));
  clock.nowMs += 86_400_000;
  await api.retryTask({ id }, person);
  assert.equal((await api.getTask({ id })).attempt_started_at, null);
  const claim = {
    runnerId: "again",
    nodeId: "node",
    sessionId: crypto.randomUUID(),
    resume: false,
    warm: false,
    bootId: null,
    journalStart: 0,
  };
  await store.write(() => store.attempts.claim(id, claim, clock.nowMs));
  const task = await api.getTask({ id });
  assert.equal(task.attempt_started_at, new Date(clock.nowMs).toISOString());
  assert.equal(tookOf(task, clock.nowMs + 3_000), "7.0 s");
});

test("a task works until it asks, and again from the answer on", async (t) => {
  const s = realApi(t);
  const { api, clock, store, tell } = s;
  const { task: id, ask } = await askingTask(s);
  assert.equal(tookOf(await api.getTask({ id }), clock.nowMs), "");
  await tell(id, "text", { text: "begun" });
  clock.nowMs += 12_000;
  const { id: question } = await ask(permission);
  await store.write(() => store.tasks.transition(id, "ask", clock.nowMs));
  clock.nowMs += 3_600_000;
  const waiting = await api.getTask({ id });
  assert.deepEqual([waiting.worked_ms, waiting.working_since, tookOf(waiting, clock.nowMs)], [12_000, null, "12 s"]);
  await api.answerQuestion({ id: question, decision: "allow" }, person);
  await store.write(() => store.tasks.transition(id, "proceed", clock.nowMs));
  clock.nowMs += 3_000;
  const working = await api.getTask({ id });
  assert.deepEqual([working.working_since, tookOf(working, clock.nowMs)], [new Date(clock.nowMs - 3_000).toISOString(), "15 s"]);
});
