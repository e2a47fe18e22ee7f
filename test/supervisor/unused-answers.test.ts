/** Answers that their attempt did not use: which of them count again, and which never. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { eventsFromRecord } from "../../src/domain/events/events-from-record.ts";
import { createToken, removeToken } from "../../src/operations/tokens/access-tokens.ts";
import { finalise } from "../../src/supervisor/finalise.ts";
import { QuestionRecords } from "../../src/supervisor/question-records.ts";
import { owner, permission } from "../../testing/plain-question.ts";
import { newAttempt, setup } from "../store/setup.ts";

const moment = 1_800_000_000_000;
const stamp = { _n: 1, _attempt: 1, _at: new Date(moment).toISOString() } as const;

/** An attempt whose only question was answered with the token `ci`, and has had no effect. */
async function answered(t: TestContext) {
  const { store, submit } = setup(t);
  const { id } = await submit();
  const token = await createToken(store, { name: "ci", scope: "admin" }, moment);
  const attempt = await store.write(() => {
    const claimed = store.attempts.claim(id, newAttempt("r", { sessionId: "s" }), moment)?.attempt ?? assert.fail();
    store.tasks.patch(id, moment, { sessionId: "s", resumable: true });
    store.attempts.advance(claimed.id, 10, 1);
    const { id: question } = store.questions.ask(id, claimed.id, permission, { askedAt: moment, deadline: null });
    store.questions.answer(question, { decision: "allow" }, "token:ci", moment);
    return claimed;
  });
  return {
    store,
    state: () => store.questions.ofTask(id)[0]?.status,
    withdraw: () =>
      store.write(() => new QuestionRecords(store, attempt).take({ ...stamp, type: "worker", subtype: "question_withdrawn", key: "k" })),
    removeToken: () => removeToken(store, token.id, owner, moment),
    /** Ends the attempt; it crashes without a result. @returns the status of the task. */
    end: async (result?: "success" | "error_during_execution") => {
      const message = { subtype: result, is_error: result !== "success", num_turns: 1, total_cost_usd: 1, modelUsage: {} };
      if (result !== undefined)
        await store.write(() => store.events.append(id, attempt.id, eventsFromRecord({ ...stamp, type: "result", ...message })));
      const when = { now: moment, seenUp: null, wall: moment, random: () => 0.5 };
      const what = { bootId: "boot-1", swept: [], stopping: null, startProblem: null, account: "a", refusalTries: 3 };
      await finalise({ store, attemptId: attempt.id, ...when, ...what });
      return store.tasks.row(id)?.status;
    },
    /** What `retry --resume` does with the answers. */
    resume: () =>
      store.write(() => {
        store.tasks.transition(id, "retry", moment, { resumable: true });
        store.questions.revive(id);
      }),
  };
}

test("an answer that a failed attempt could not use counts again", async (t) => {
  const { end, state, resume } = await answered(t);
  assert.deepEqual([await end("error_during_execution"), state()], ["failed", "superseded"]);
  await resume();
  assert.equal(state(), "answered");
});

test("an answer without which Claude continued never counts again", async (t) => {
  const completed = await answered(t);
  assert.equal(await completed.end("success"), "completed");
  const withdrawn = await answered(t);
  await withdrawn.withdraw();
  assert.equal(await withdrawn.end("error_during_execution"), "failed");
  for (const { resume, state } of [completed, withdrawn]) {
    await resume();
    assert.equal(state(), "superseded");
  }
});

test("no answer of a removed token counts again, whenever it was removed", async (t) => {
  const after = await answered(t);
  await after.end("error_during_execution");
  await after.removeToken();
  const before = await answered(t);
  await before.removeToken();
  assert.equal(before.state(), "answered", "its attempt has it");
  await before.end("error_during_execution");
  for (const { resume, state } of [after, before]) {
    await resume();
    assert.equal(state(), "superseded");
  }
});

test("the next attempt gets no answer of a token removed meanwhile, but asks again", async (t) => {
  const kept = await answered(t);
  assert.deepEqual([await kept.end(), kept.state()], ["pending", "answered"]);
  const removed = await answered(t);
  await removed.removeToken();
  assert.deepEqual([await removed.end(), removed.state()], ["waiting", "open"]);
  assert.equal(removed.store.questions.ofTask(1)[0]?.answer, null);
});
