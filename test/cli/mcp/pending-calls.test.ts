/** src/cli/mcp/pending-calls.ts: what a client says may be any JSON. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PendingCalls } from "../../../src/cli/mcp/pending-calls.ts";

test("a name or uri that is not a text is left to the MCP server to refuse", () => {
  const calls = new PendingCalls();
  const odd = { toString: "" };
  for (const [id, method] of ["resources/subscribe", "resources/unsubscribe", "tools/call"].entries()) {
    calls.fromClient(JSON.stringify({ jsonrpc: "2.0", id, method, params: { uri: odd, name: odd } }));
  }
  const { say, giveUp } = calls.afterLoss();
  assert.equal(say.length, 2, "a subscription may be said again");
  assert.equal(giveUp.length, 1, "a call may not");
});
