import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { NewChannel } from "../../../src/domain/notifications/channel.ts";
import type { GivenAnswer } from "../../../src/domain/questions/check-answer.ts";
import type { AskedQuestion, Question } from "../../../src/domain/questions/question.ts";
import { answerFromChannel } from "../../../src/operations/questions/answer-from-channel.ts";
import { ClaudeCodeTrust } from "../../../src/operations/tasks/working-directory.ts";
import { plainChannel } from "../../../testing/plain-channel.ts";
import { askingTask, owner, permission } from "../../../testing/plain-question.ts";
import { realApi } from "../../../testing/real-api.ts";

const form: AskedQuestion = { ...permission, kind: "elicitation", input: { mode: "form", requestedSchema: {} }, rule: null };

async function setup(t: TestContext, asked: AskedQuestion, more: Partial<NewChannel> = {}) {
  const s = realApi(t);
  const { api, store, settings, corner, clock } = s;
  const context = { store, settings, claudeCodeTrust: new ClaudeCodeTrust({ HOME: corner.home }) };
  const { ask, working_directory } = await askingTask(s);
  const channel = plainChannel({ kind: "telegram", target: { chat: "1" }, answers: "permissions", answerFrom: ["1"], ...more });
  const { id: questionId } = await ask(asked);
  const channelId = (await store.write(() => store.notifications.addChannel(channel, "x")))?.id ?? 0;
  const answer = (given: GivenAnswer): Promise<Question> =>
    store.write(() => answerFromChannel(context, { channelId, questionId, given }, clock.nowMs));
  return { api, store, clock, channelId, questionId, answer, working_directory };
}

test("a channel with the right answers under its name, once", async (t) => {
  const { answer, questionId, store } = await setup(t, permission);
  const { status, answeredBy, answer: stored } = await answer({ option: "allow" });
  assert.deepEqual([status, answeredBy, stored], ["answered", "channel:phone", { decision: "allow" }]);
  const event = store.events.ofTask(1, 0, 100).find(({ type }) => type === "question_answered");
  assert.partialDeepStrictEqual(event, { data: { by: "channel:phone" } });
  await assert.rejects(answer({ option: "deny" }), { code: "conflict", message: /answered by the channel phone .*: allowed/ });
  assert.equal(store.questions.get(questionId)?.answer?.decision, "allow");
});

test("a channel makes no rule, in no spelling", async (t) => {
  const { answer, store, questionId } = await setup(t, permission);
  for (const given of [{ option: "always" }, { option: "ALWAYS" }, { decision: "allow", remember: "directory" }] as const)
    await assert.rejects(answer(given), { code: "forbidden", message: /makes no rule/ });
  assert.deepEqual([store.questions.get(questionId)?.status, store.rules.list()], ["open", []]);
});

test("a right of content answers a form, and never a permission", async (t) => {
  const refused = await setup(t, permission, { answers: "content" });
  await assert.rejects(refused.answer({ option: "deny" }), { code: "forbidden", message: /may not answer/ });
  const none = await setup(t, form, { answers: "none" });
  await assert.rejects(none.answer({ option: "accept" }), { code: "forbidden" });
  const allowed = await setup(t, form, { answers: "content" });
  assert.equal((await allowed.answer({ option: "accept" })).status, "answered");
});

test("a right that was taken since the message counts no more", async (t) => {
  const gone = await setup(t, permission);
  await gone.api.removeChannel({ id: gone.channelId }, owner);
  await assert.rejects(gone.answer({ option: "allow" }), { code: "forbidden", message: /was removed/ });
  const untrusted = await setup(t, permission);
  await untrusted.api.removeTrust({ directory: untrusted.working_directory }, owner);
  await assert.rejects(untrusted.answer({ option: "allow" }), { code: "untrusted_directory" });
});

test("the token that added the channel must still be valid", async (t) => {
  const made = await setup(t, permission, { addedToken: 1 });
  await assert.rejects(made.answer({ option: "allow" }), { code: "forbidden", message: /token .* was removed/ });
  await made.api.createToken({ name: "ops", scope: "admin", expires_at: new Date(made.clock.nowMs + 60_000).toISOString() }, owner);
  made.clock.nowMs += 120_000;
  await assert.rejects(made.answer({ option: "allow" }), { code: "forbidden", message: /has expired/ });
  made.clock.nowMs -= 120_000;
  assert.equal((await made.answer({ option: "allow" })).status, "answered");
});
