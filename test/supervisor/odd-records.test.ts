import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { eventsFromRecord } from "../../src/domain/events/events-from-record.ts";
import type { NewEvent } from "../../src/domain/events/event.ts";
import type { JournalRecord } from "../../src/domain/events/record.ts";
import { finaliseWithin } from "../../src/supervisor/finalise.ts";
import { newAttempt, setup } from "../store/setup.ts";
import { plainTask } from "../../testing/plain-task.ts";
import type { Setup } from "../store/setup.ts";

const oddNumber = fc.oneof(
  fc.constantFrom(-1, -0, 0.5, 1.5, 1e15, 9.2e18, 1e300, 1.7e308, -1e300, Number.MAX_SAFE_INTEGER),
  fc.double(),
  fc.integer(),
);
const odd = fc.oneof({ weight: 3, arbitrary: oddNumber }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) });
const modelUsage = fc.record(
  { inputTokens: odd, outputTokens: odd, cacheReadInputTokens: odd, cacheCreationInputTokens: odd, costUSD: odd },
  { requiredKeys: [] },
);
const oddResult = fc.record(
  {
    subtype: fc.oneof(fc.constantFrom("success", "error_during_execution", "error_max_turns", "error_max_budget_usd"), odd),
    is_error: fc.oneof(fc.boolean(), odd),
    result: fc.oneof(fc.string({ unit: "binary" }), odd),
    errors: odd,
    terminal_reason: fc.oneof(fc.constantFrom("completed", "aborted_tools", "api_error"), odd),
    api_error_status: fc.oneof(fc.constantFrom(401, 429, 529), odd),
    num_turns: odd,
    duration_ms: odd,
    total_cost_usd: odd,
    modelUsage: fc.oneof(fc.dictionary(fc.constantFrom("claude", "__proto__", "\ud800", ""), fc.oneof(modelUsage, odd)), odd),
    permission_denials: odd,
  },
  { requiredKeys: [] },
);

test("no result keeps its task running, whatever its numbers are", async (t) => {
  const base = setup(t);
  await fc.assert(
    fc.asyncProperty(fc.array(oddResult, { minLength: 1, maxLength: 3 }), async (results) => {
      // As the journal holds it: through JSON.
      const records = results.map((result) => JSON.parse(JSON.stringify({ ...result, ...stamp })) as JournalRecord);
      const status = await statusAfter(base, records.flatMap(eventsFromRecord));
      assert.notEqual(status, "running");
    }),
    { numRuns: 150 },
  );
});

test("what an older version stored of an odd result ends its task too", async (t) => {
  const counts = { num_turns: 1.5, duration_ms: -1, cost_usd: -1, permission_denials: 0.5 };
  const result = { type: "result", at: 1, data: { subtype: "success", is_error: false, text: "", ...counts } } as unknown as NewEvent;
  assert.equal(await statusAfter(setup(t), [result]), "completed");
});

const stamp = { type: "result", _n: 1, _attempt: 1, _at: "2026-01-01T00:00:00.000Z" };

/** What becomes of a task whose attempt left these events. */
function statusAfter({ store }: Setup, events: readonly NewEvent[]): Promise<string | undefined> {
  return store.write(() => {
    const { id } = store.tasks.insert(plainTask());
    const attemptId = store.attempts.claim(id, newAttempt("r", { sessionId: "s", resume: true }), 2000)?.attempt.id ?? 0;
    store.events.append(id, attemptId, events);
    const ending = {
      account: "a",
      refusalTries: 5,
      bootId: null,
      swept: [],
      startProblem: null,
      stopping: null,
      seenUp: null,
      random: () => 0.5,
    };
    const end = { ...ending, store, attemptId, now: 3000, wall: 3000 };
    assert.notEqual(finaliseWithin(end), null);
    return store.tasks.get(id)?.status;
  });
}
