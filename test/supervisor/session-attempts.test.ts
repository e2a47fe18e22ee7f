import assert from "node:assert/strict";
import { test } from "node:test";
import { taskInput } from "../../src/contract/task-input.ts";
import { isOfSession } from "../../src/supervisor/session-attempts.ts";
import { goodTask } from "../../testing/mcp.ts";
import { realApi } from "../../testing/real-api.ts";

test("a rewound conversation has what was asked in its turns, over several rewinds", async (t) => {
  const { api, store, corner, run } = realApi(t);
  const { id } = await api.submitTask(taskInput.parse(goodTask(corner.work)), { scope: "admin", name: "socket" });
  await run(id, []);
  const [attempt] = store.attempts.ofTask(id);
  assert.ok(attempt?.sessionId != null);
  const rewind = (sessionId: string, fromSession: string, turn: number) =>
    store.rewinds.insert({ sessionId, taskId: id, turn, fromSession, entry: "e", leftSession: fromSession, wasTurn: 9, turns: 9, at: 1 });
  const first = attempt.sessionId;
  await store.write(() => [rewind("b", first, 5), rewind("c", "b", 7), rewind("d", "b", 2)]);
  const knows = (sessionId: string, turn: number | null): boolean =>
    isOfSession(store, { ...attempt, sessionId }, { attemptId: attempt.id, turn });
  assert.deepEqual([knows(first, 9), knows(first, null)], [true, true]);
  assert.deepEqual([knows("b", 5), knows("b", 6)], [true, false]);
  assert.deepEqual([knows("c", 5), knows("c", 6)], [true, false], "the first rewind had cut it off");
  assert.deepEqual([knows("d", 2), knows("d", 3)], [true, false]);
  assert.deepEqual([knows("another", 1), knows("another", null)], [false, false]);
});
