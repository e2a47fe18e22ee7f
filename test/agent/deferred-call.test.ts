import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { deferOpenCall } from "../../src/agent/deferred-call.ts";
import { scratch } from "../../testing/scratch.ts";

type Entry = Readonly<Record<string, unknown>>;

const call: Entry = {
  type: "assistant",
  uuid: "call",
  message: { id: "m1", content: [{ type: "tool_use", id: "t1", name: "Bash", input: { command: "x" } }] },
};
const said = (uuid: string, content: unknown, more: object = {}): Entry => ({
  type: "user",
  uuid,
  message: { role: "user", content },
  ...more,
});
const result = (uuid: string, id: string, content: string, more: object = {}): Entry =>
  said(uuid, [{ type: "tool_result", tool_use_id: id, content }], more);
const refusal = result("cut", "t1", "Tool permission request failed: AbortError", { toolDenialKind: "permission-rule" });
const answer: Entry = { type: "assistant", uuid: "end", message: { id: "m2", content: [{ type: "text", text: "Without it." }] } };

test("a call that Claude Code refused without a runner is open before that refusal", (t) => {
  const deferred = (...after: Entry[]): unknown => {
    const lines = [said("prompt", "do it"), call, ...after].map((entry) => JSON.stringify(entry));
    const file = scratch(t).file("session.jsonl", `${lines.join("\n")}\n`);
    if (deferOpenCall(file, new Set(["t1"]), "default") === null) return null;
    const last = JSON.parse(readFileSync(file, "utf8").trim().split("\n").at(-1) ?? "") as Entry;
    return [last["parentUuid"], (last["attachment"] as Entry)["toolUseID"]];
  };
  assert.deepEqual(deferred(), ["call", "t1"]);
  assert.deepEqual(deferred(refusal, answer), ["call", "t1"]);
  // What has run, or was said, stays in the conversation.
  assert.equal(deferred(refusal, result("later", "t2", "done"), answer), null);
  assert.equal(deferred(refusal, said("message", "and this"), answer), null);
  assert.equal(
    deferred(refusal, { type: "attachment", uuid: "a", attachment: { type: "queued_command", source_uuid: "k" } }, answer),
    null,
  );
  // The words alone are a tool's own output, and another denial is a decision.
  assert.equal(deferred(result("own", "t1", "Tool permission request failed: AbortError")), null);
  assert.equal(deferred(result("denied", "t1", "The user denied this call.", { toolDenialKind: "permission-rule" })), null);
});
