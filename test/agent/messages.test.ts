/** src/agent/messages.ts: what Claude Code says may be any JSON. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { isNoConversation, isNoise, isTurn, pluginsNotInEffect, refusedSignIn } from "../../src/agent/messages.ts";
import type { Message } from "../../src/agent/messages.ts";
import { anyRecord } from "../domain/any-record.ts";

test("no message of the agent makes the runner throw", () => {
  const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
  fc.assert(
    fc.property(anyRecord.filter(isObject), (record) => {
      const message = record as Message;
      for (const ask of [isNoise, isNoConversation, isTurn, pluginsNotInEffect, refusedSignIn]) ask(message);
    }),
    { numRuns: 3000 },
  );
  for (const odd of [{ toString: "" }, [{ toString: "" }], null]) {
    assert.equal(isNoise({ type: "system", subtype: odd }), false);
    assert.equal(refusedSignIn({ type: "system", subtype: "api_retry", error: "authentication_failed", attempt: odd }), null);
  }
});

test("a plugin whose hooks do not run is named, one that is missing is not", () => {
  const init = (...errors: unknown[]): Message => ({ type: "system", subtype: "init", plugin_errors: errors });
  const error = (type: string, message: string) => ({ plugin: "p@skills-dir", type, message });
  assert.equal(pluginsNotInEffect({ type: "system", subtype: "init" }), null);
  assert.equal(
    pluginsNotInEffect(init(error("plugin-not-installed", "Not installed"), error("path-not-found", "Path not found: /p/x (commands)"), 7)),
    null,
  );
  for (const lost of [
    error("manifest-parse-error", "Manifest parse error: x"),
    error("manifest-validation-error", "Manifest validation failed: name"),
    error("hook-load-failed", "Hook load failed: x"),
    error("path-not-found", "Path not found: /p/no.json (hooks)"),
    error("generic-error", "Failed to load skill folder as plugin: x"),
  ])
    assert.deepEqual(pluginsNotInEffect(init(lost)), [`the plugin p@skills-dir: ${lost.message}`]);
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

test("a sign-in is refused for good for its own errors only", () => {
  const retry = { type: "system", subtype: "api_retry", attempt: 3 };
  assert.equal(refusedSignIn({ ...retry, error: "billing_error" })?.error, "billing_error");
  assert.match(refusedSignIn({ ...retry, error: "billing_error" })?.text ?? "", /\(HTTP \?\)/, "without a status");
  assert.equal(refusedSignIn({ ...retry, error: "overloaded" }), null);
  assert.equal(refusedSignIn({ ...retry, error: "billing_error", subtype: "init" }), null);
  assert.equal(refusedSignIn({ ...retry, error: "billing_error", type: "assistant" }), null);
});

test("only messages for a screen are not kept", () => {
  const system = (subtype: string): Message => ({ type: "system", subtype });
  for (const message of [{ type: "stream_event" }, { type: "keep_alive" }, system("thinking_tokens"), system("ui_invalidate")]) {
    assert.equal(isNoise(message), true, JSON.stringify(message));
  }
  for (const message of [system("init"), system("api_retry"), { type: "assistant" }, { type: "result", subtype: "thinking_tokens" }]) {
    assert.equal(isNoise(message), false, JSON.stringify(message));
  }
});

test("an agent works again after a result when it speaks or is spoken to", () => {
  for (const message of [{ type: "assistant" }, { type: "user" }, { type: "system", subtype: "init" }]) assert.equal(isTurn(message), true);
  for (const message of [{ type: "result" }, { type: "system", subtype: "status" }, { type: "other", subtype: "init" }]) {
    assert.equal(isTurn(message), false, JSON.stringify(message));
  }
});

test("only a result says that a session does not exist", () => {
  const errors = ["No conversation found with session ID: 1"];
  assert.equal(isNoConversation({ type: "result", errors }), true);
  assert.equal(isNoConversation({ type: "result", errors: ["Other."] }), false);
  assert.equal(isNoConversation({ type: "result" }), false);
  assert.equal(isNoConversation({ type: "assistant", errors }), false);
});
