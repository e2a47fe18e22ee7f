import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { noticePayloads, payloads, unknownPayload } from "../../../src/domain/events/event.ts";
import { readEvent } from "../../../src/domain/events/read-event.ts";
import { dataOf } from "../../../testing/events.ts";

test("an event that this version wrote is read as it was written", () => {
  for (const [type, { sample }] of Object.entries(payloads)) assert.deepEqual(readEvent(type, sample), { type, data: sample });
  for (const { sample } of Object.values(noticePayloads)) assert.deepEqual(readEvent("notice", sample), { type: "notice", data: sample });
  assert.deepEqual(readEvent("unknown", unknownPayload.sample), { type: "unknown", data: unknownPayload.sample });
});

test("a field that an older version did not write has its empty value", () => {
  const { usage, ...result } = dataOf(readEvent("result", { subtype: "success", usage: { m: { input_tokens: 3 } } }), "result");
  assert.deepEqual(usage["m"], {
    input_tokens: 3,
    output_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    cost_usd: 0,
  });
  assert.partialDeepStrictEqual(result, { is_error: false, text: "", terminal_reason: null, cost_usd: null, denied_calls: [] });
  assert.ok(!("truncated" in result), "what may be missing stays missing");
});

test("a field that no version writes any more stays", () => {
  assert.deepEqual(readEvent("text", { text: "a", mood: "fine" }), { type: "text", data: { text: "a", mood: "fine" } });
});

test("a notice of an older version has the name that its kind has now", () => {
  const text = "2 messages of finished steps were put back into the session.";
  const data = { kind: "session_repaired", text };
  assert.deepEqual(readEvent("notice", { kind: "session_mended", text }), { type: "notice", data });
});

test("numbers of an older version become counts", () => {
  const { num_turns, duration_ms } = dataOf(readEvent("result", { num_turns: 1.5, duration_ms: -1 }), "result");
  assert.deepEqual([num_turns, duration_ms], [2, 0]);
});

const unreadable: [type: string, data: unknown][] = [
  ["tool_used", { tool: "Bash" }],
  ["text", { text: 1 }],
  ["text", null],
  ["text", "text"],
  ["text", [1]],
  ["result", { denied_calls: [{ tool: 1 }] }],
  ["result", { usage: { m: "nonsense" } }],
  ["ended", { status: "exploded", outcome: "crashed", message: "" }],
  ["rate_limit", { resets_at: "tomorrow" }],
  ["notice", {}],
  ["notice", { kind: "mood", text: "fine" }],
  ["notice", { kind: "constructor" }],
  ["notice", { kind: { toString: "" } }],
  ["__proto__", {}],
];
for (const [type, data] of unreadable) {
  test(`an event ${type} with the data ${JSON.stringify(data)} stays as it is`, () => {
    assert.deepEqual(readEvent(type, data), { type: "unknown", data: { type, data } });
  });
}

test("any stored data is read without an error, and the same when it is read again", () => {
  const fields = fc.constantFrom("kind", "text", "tool", "usage", "processes", "status", "tool_use_id", "resets_at", "__proto__");
  const types = fc.constantFrom(...Object.keys(payloads), "notice", "unknown", "toString");
  fc.assert(
    fc.property(types, fc.oneof(fc.dictionary(fields, fc.jsonValue()), fc.jsonValue()), (type, data) => {
      const once = readEvent(type, data);
      assert.deepEqual(readEvent(once.type, once.data), once);
    }),
    { numRuns: 1000 },
  );
});
