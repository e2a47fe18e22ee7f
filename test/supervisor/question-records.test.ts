/** What the journal says about the questions of a call that ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AskedQuestion } from "../../src/domain/questions/question.ts";
import { QuestionRecords } from "../../src/supervisor/question-records.ts";
import { permission } from "../../testing/plain-question.ts";
import { newAttempt, setup } from "../store/setup.ts";

const moment = 1_800_000_000_000;
const stamp = { _n: 1, _attempt: 1, _at: new Date(moment).toISOString() } as const;

test("a form outlives its call where nobody has answered it, as its server still waits", async (t) => {
  const { store, submit } = setup(t);
  const { id } = await submit();
  const attempt = await store.write(() => store.attempts.claim(id, newAttempt("r", { sessionId: "s" }), moment)?.attempt ?? assert.fail());
  const records = new QuestionRecords(store, attempt);
  const take = (record: object): Promise<void> => store.write(() => records.take({ ...stamp, type: "worker", ...record }));
  const form = (key: string): AskedQuestion => ({ ...permission, key, kind: "elicitation", tool: "mcp__form", toolUseId: "c" });
  for (const key of ["early", "late"]) await take({ subtype: "question_asked", question: form(key) });
  const states = (): unknown[] => store.questions.ofTask(id).map(({ status, toolUseId }) => `${status} ${toolUseId}`);
  const answer = (at: number): Promise<unknown> =>
    store.write(() => store.questions.answer(store.questions.ofTask(id)[at]?.id ?? 0, { decision: "allow" }, "socket", moment));
  await answer(0);
  await take({ subtype: "question_answered", key: "early" });
  assert.deepEqual(states(), ["answered c", "open c"], "a kill before the call's end asks the first one again");
  await take({ type: "user", message: { content: [{ type: "tool_result", tool_use_id: "c", content: "done" }] } });
  assert.deepEqual(states(), ["applied c", "open null"]);
  await answer(1);
  await take({ subtype: "question_answered", key: "late" });
  assert.deepEqual(states(), ["applied c", "applied null"]);
});
