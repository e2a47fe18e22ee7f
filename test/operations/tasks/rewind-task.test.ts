import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Caller } from "../../../src/contract/caller.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { realApi } from "../../../testing/real-api.ts";
import type { RealApi } from "../../../testing/real-api.ts";

const person: Caller = { scope: "admin", name: "socket" };

interface Begun extends RealApi {
  readonly id: number;
  readonly sessionId: string;
}

const rewind = (to: number) => ({ to, files: true, force: false, dry_run: false });

/** A completed task with turns 1 to 3 in one session. */
async function begun(t: TestContext): Promise<Begun> {
  const real = realApi(t);
  const { api, store, corner, clock } = real;
  const { id } = await api.submitTask(taskInput.parse(goodTask(corner.work)), person);
  await real.run(id, []);
  const sessionId = store.attempts.ofTask(id)[0]?.sessionId ?? "";
  await store.write(() => store.tasks.patch(id, clock.nowMs, { sessionId }));
  const messages = ["m1", "m2", "m3"];
  await store.write(() => messages.map((message) => store.turns.count(id, message)));
  const lines = messages.map((message) => JSON.stringify({ type: "assistant", uuid: `entry of ${message}`, message: { id: message } }));
  corner.file(`home/.claude/projects/-work/${sessionId}.jsonl`, lines.join("\n"));
  return { ...real, id, sessionId };
}

test("a rewind says what it left, and every turn stays a target", async (t) => {
  const { api, store, id, sessionId } = await begun(t);
  const before = await api.getTask({ id });
  const back = await api.rewindTask({ id, ...rewind(1) }, person);
  assert.partialDeepStrictEqual(back, { status: "completed", result: "done", num_turns: 3, attempts: 1 });
  assert.partialDeepStrictEqual(back.rewound, { turn: 1, was_turn: 3, left_session_id: sessionId });
  assert.notEqual(back.session_id, sessionId);
  assert.equal(before.rewound, null);
  assert.partialDeepStrictEqual(store.rewinds.get(back.session_id ?? ""), { fromSession: sessionId, entry: "entry of m1" });
  const again = await api.rewindTask({ id, ...rewind(3) }, person);
  assert.partialDeepStrictEqual(again.rewound, { turn: 3, was_turn: 1, left_session_id: back.session_id });
  assert.partialDeepStrictEqual(store.rewinds.get(again.session_id ?? ""), { fromSession: sessionId, entry: "entry of m3" });
  const story = store.events.tail(id, 2).map(({ type, data }) => ({ type, data }));
  assert.partialDeepStrictEqual(story, [
    { type: "rewound", data: { by: "socket", turn: 1, was_turn: 3, left_session_id: sessionId, from_session_id: sessionId } },
    { type: "rewound", data: { turn: 3, was_turn: 1, left_session_id: back.session_id, from_session_id: sessionId } },
  ]);
  const fork = await api.forkTask({ id, prompt: "another way" }, person);
  assert.partialDeepStrictEqual(store.forks.get(Number(fork.id)), { sessionId, entry: "entry of m3" }, "not copied yet");
});

test("what continues a task that was put aside, or forks it, is in the queue", async (t) => {
  const { api, id } = await begun(t);
  await api.retryTask({ id, resume: true, stash: true }, person);
  const fork = await api.forkTask({ id, prompt: "another way" }, person);
  assert.equal(fork.stashed_at, null);
  await api.cancelTask({ id }, person);
  await api.sendMessage({ id, text: "Go on", delivery: "next" }, person);
  const { status, stashed_at } = await api.getTask({ id });
  assert.deepEqual([status, stashed_at], ["pending", null]);
});

test("a retry from the beginning ends what a rewind has begun", async (t) => {
  const { api, id } = await begun(t);
  await api.rewindTask({ id, ...rewind(2) }, person);
  const retried = await api.retryTask({ id }, person);
  assert.deepEqual([retried.rewound, retried.session_id], [null, null]);
});

test("a rewind that cannot be is refused with what to do", async (t) => {
  const { api, store, corner, clock, tell, id, sessionId } = await begun(t);
  const refused = async (task: number, to: number, code: string, message: RegExp, caller = person): Promise<void> => {
    await assert.rejects(api.rewindTask({ id: task, ...rewind(to) }, caller), { code, message });
    assert.equal(store.tasks.get(id)?.sessionId, sessionId);
  };
  await refused(id, 4, "not_found", /^Task 1 has no turn 4: it has turns 1 to 3\. See them: claude-worker logs 1$/);
  await refused(99, 1, "not_found", /no task 99/);
  await refused(id, 1, "forbidden", /^Agents do not rewind tasks\..* claude-worker rewind 1 --to 1$/, { ...person, taskId: id });
  const { id: next } = await api.submitTask(taskInput.parse(goodTask(corner.work)), person);
  await refused(next, 1, "conflict", /^Task 2 waits to run\. Only an ended task can be rewound\..* claude-worker cancel 2$/);
  await store.write(() => store.tasks.transition(next, "cancel", clock.nowMs));
  await refused(next, 1, "conflict", /^Task 2 has no conversation to rewind\. Run it: claude-worker retry 2$/);
  const { id: third } = await api.submitTask(taskInput.parse(goodTask(corner.work)), person);
  await tell(third, "text", { text: "Begun." });
  await refused(third, 1, "conflict", /^Task 3 runs\. Only/);
  await store.write(() => store.tasks.transition(third, "ask", clock.nowMs));
  await refused(third, 1, "conflict", /^Task 3 waits for an answer\. Only/);

  const message = { key: crypto.randomUUID(), text: "more", delivery: "next", continues: false, sentBy: "socket", byAgent: false } as const;
  const { id: stored } = await store.write(() => store.messages.insert({ ...message, taskId: id, queuedAt: 1 }));
  await refused(id, 1, "conflict", /^Message m1 to task 1 is not delivered yet\. Take it back \(claude-worker unsend 1 m1\), or/);
  await store.write(() => store.messages.cancel(stored, 2));
  rmSync(path.join(corner.home, ".claude", "projects"), { recursive: true });
  await refused(id, 1, "conflict", /^Turn 1 of task 1 is in no session: a kill cut it off, or Claude Code has deleted the session\./);
});
