/** src/runner/agent/messages.ts: what Claude Code says may be any JSON. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { isNoConversation, isNoise, isTurn, refusedSignIn } from "../../src/runner/agent/messages.ts";
import type { Message } from "../../src/runner/agent/messages.ts";
import { anyRecord } from "../domain/any-record.ts";

test("no message whatever is an error", () => {
  const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
  fc.assert(
    fc.property(anyRecord.filter(isObject), (record) => {
      const message = record as Message;
      for (const ask of [isNoise, isNoConversation, isTurn, refusedSignIn]) ask(message);
    }),
    { numRuns: 3000 },
  );
  for (const odd of [{ toString: "" }, [{ toString: "" }], null]) {
    assert.equal(isNoise({ type: "system", subtype: odd }), false);
    assert.equal(refusedSignIn({ type: "system", subtype: "api_retry", error: "authentication_failed", attempt: odd }), null);
  }
});

test("a sign-in is refused for good at its third try", () => {
  const retry = (attempt: number): Message => ({
    type: "system",
    subtype: "api_retry",
    error: "authentication_failed",
    attempt,
    error_status: 401,
  });
  assert.equal(refusedSignIn(retry(2)), null);
  assert.match(refusedSignIn(retry(3))?.text ?? "", /3 times \(HTTP 401\)/);
});
