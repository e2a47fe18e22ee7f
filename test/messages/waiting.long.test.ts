/** What becomes of messages while their task waits for an answer, and when it ends then. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { rawLogPath } from "../../src/config/paths.ts";
import type { Caller } from "../../src/contract/caller.ts";
import { expireQuestions } from "../../src/operations/questions/expire-questions.ts";
import { Ingest } from "../../src/supervisor/ingest.ts";
import { plainInput } from "../../testing/plain-task.ts";
import { realApi } from "../../testing/real-api.ts";

const owner: Caller = { scope: "admin", name: "socket" };
const asked = { key: "q", kind: "permission", tool: "Bash", toolUseId: "call", agentId: null, input: {}, inputHash: "", rule: null };

/** A task that may ask. `answer_within_ms` is over when `late` is called. */
async function setup(t: TestContext) {
  const { api, store, corner, clock, paths } = realApi(t);
  const working_directory = corner.workdir("project", { trusted: false });
  await api.addTrust({ directory: working_directory }, owner);
  const policy = { on_question: "ask", answer_within_ms: 60_000, answer_else: "fail" } as const;
  const { id } = await api.submitTask(plainInput({ prompt: "Work", working_directory, ...policy }), owner);
  const send = (text: string) => api.sendMessage({ id, text, delivery: "next" } as never, owner);
  return {
    api,
    store,
    id,
    send,
    cancelTask: () => api.cancelTask({ id }, owner),
    statusOf: async (message: number) => (await api.getTask({ id }, owner)).messages.find((each) => each.id === message)?.status,
    /** Its attempt runs. */
    claim: () =>
      store.write(() => {
        const attempt = { runnerId: "r", nodeId: "n", sessionId: crypto.randomUUID(), resume: false, warm: false, bootId: null };
        const claimed = store.attempts.claim(id, { ...attempt, journalStart: 0 }, clock.nowMs) ?? assert.fail();
        store.tasks.patch(id, clock.nowMs, { sessionId: claimed.attempt.sessionId });
        return claimed.attempt;
      }),
    /** Its attempt asks, as the journal tells. */
    ask: async () => {
      const attempt = store.attempts.open()[0] ?? assert.fail();
      const record = { type: "worker", subtype: "question_asked", question: asked, _n: 1, _attempt: attempt.id };
      writeFileSync(rawLogPath(paths, id), `${JSON.stringify({ ...record, _at: new Date(clock.nowMs).toISOString() })}\n`);
      await new Ingest(store, attempt, rawLogPath(paths, id), "/").catchUp(() => {});
      assert.equal(store.tasks.get(id)?.status, "waiting");
    },
    /** Its runner leaves. */
    park: () => store.write(() => store.attempts.close(1, { kind: "parked", message: "" }, clock.nowMs)),
    late: () => expireQuestions(store, clock.nowMs + 60_001),
  };
}

test("a message that Claude Code has is not taken back while the task waits", async (t) => {
  const { api, id, send, claim, ask, park } = await setup(t);
  await claim();
  const { id: passed } = await send("mind the style");
  await ask();
  const { id: kept } = await send("and the tests");
  await assert.rejects(api.unsendMessage({ id, message: passed }, owner), { code: "conflict", message: /is being delivered/ });
  assert.equal((await api.unsendMessage({ id, message: kept }, owner)).status, "cancelled");
  // Its process is gone, and it had not said the message: the next one would.
  await park();
  assert.equal((await api.unsendMessage({ id, message: passed }, owner)).status, "cancelled");
});

test("a cancel of a task without a process cancels its messages", async (t) => {
  const { send, claim, ask, park, cancelTask, statusOf } = await setup(t);
  await claim();
  await ask();
  await park();
  const { id: message } = await send("mind the style");
  await cancelTask();
  assert.equal(await statusOf(message), "cancelled");
});

test("a cancel of a task that has not begun cancels its messages", async (t) => {
  const { send, cancelTask, statusOf } = await setup(t);
  const { id: message } = await send("mind the style");
  await cancelTask();
  assert.equal(await statusOf(message), "cancelled");
});

test("a message continues a parked task whose question got no answer in time", async (t) => {
  const { api, store, id, send, claim, ask, park, late, statusOf } = await setup(t);
  await claim();
  await ask();
  await park();
  const { id: message } = await send("take the local copy instead");
  await late();
  assert.partialDeepStrictEqual(await api.getTask({ id }, owner), { status: "pending", questions: [{ status: "superseded" }] });
  assert.equal(await statusOf(message), "queued");
  assert.ok(store.messages.get(message)?.continues);
});

test("a parked task fails when no answer and no message came in time", async (t) => {
  const { api, id, claim, ask, park, late } = await setup(t);
  await claim();
  await ask();
  await park();
  await late();
  assert.partialDeepStrictEqual(await api.getTask({ id }, owner), { status: "failed", error: { code: "unanswered" } });
});
