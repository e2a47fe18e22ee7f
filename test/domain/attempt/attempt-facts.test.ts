import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { factEventTypes, factsFrom } from "../../../src/domain/attempt/attempt-facts.ts";
import { decideOutcome } from "../../../src/domain/attempt/decide-outcome.ts";
import { readEvent } from "../../../src/domain/events/read-event.ts";
import { event, notice } from "../../../testing/events.ts";
import { factsOf } from "../samples/facts-of.ts";

test("times of a subagent's report add up; other facts are those of the last result", () => {
  const { result } = factsOf("subagent");
  assert.equal(result?.durationMs, 2000);
  assert.equal(result?.costUsd, 0.05);
  assert.deepEqual(result?.usage["claude-opus-5-5"], {
    inputTokens: 10_000,
    outputTokens: 500,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    costUsd: 0.05,
  });
});

test("facts are read from arbitrary events without an error", () => {
  const anyEvent = fc.record({
    type: fc.constantFrom(...factEventTypes),
    data: fc.dictionary(fc.string(), fc.jsonValue()),
  });
  fc.assert(
    fc.property(fc.array(anyEvent), (events) => {
      const read = events.map(({ type, data }) => readEvent(type, data));
      decideOutcome(factsFrom(read, { stopRequested: null, rebooted: false }));
    }),
  );
});

test("the background is what Claude Code listed last", () => {
  const background = (tasks: object[]) => notice("background", { tasks });
  const shell = { task_id: "b1", task_type: "local_bash", description: "npm test" };
  const report = notice("task_notification", { status: "completed" });
  const result = event("result", { subtype: "success", num_turns: 1 });
  const context = { stopRequested: null, rebooted: false };
  assert.equal(factsFrom([background([shell]), result], context).background.length, 1);
  assert.equal(factsFrom([background([shell]), result, background([])], context).background.length, 0);
  const stop = notice("stop_requested", { reason: "timed_out" });
  assert.equal(factsFrom([background([shell]), result, stop, background([])], context).background.length, 1, "ended by the stop");
  assert.equal(factsFrom([result, report], context).notified, true);
  assert.equal(factsFrom([result, report, result], context).notified, false);
});
