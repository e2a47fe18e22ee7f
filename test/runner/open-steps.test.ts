import assert from "node:assert/strict";
import { test } from "node:test";
import { OpenSteps } from "../../src/runner/open-steps.ts";

const call = (ids: string[], parent: string | null = null) => ({
  type: "assistant",
  parent_tool_use_id: parent,
  message: { content: ids.map((id) => ({ type: "tool_use", id })) },
});
const result = (id: string, parent: string | null = null) => ({
  type: "user",
  parent_tool_use_id: parent,
  message: { content: [{ type: "tool_result", tool_use_id: id }] },
});

test("a step ends with the result of the last call of an answer, in each thread", () => {
  const steps = new OpenSteps();
  const ends = [
    call(["a"]),
    call(["b"]),
    result("a"),
    { type: "result" },
    result("b"),
    result("b"),
    call(["task"]),
    call(["c"], "task"),
    result("c", "task"),
    { type: "user", message: { content: "a prompt" } },
    result("task"),
  ].map((entry) => steps.ends(entry));
  assert.deepEqual(ends, [false, false, false, false, true, false, false, false, true, false, true]);
});

test("calls behind one that runs alone have not begun, others may be at work", () => {
  const asked = (tool: string, toolUseId: string) => [{ tool, toolUseId }];
  const steps = new OpenSteps();
  assert.ok(!steps.onlyWait(asked("Bash", "a")), "its call was not seen yet");
  steps.ends(call(["a", "b"]));
  assert.ok(steps.onlyWait(asked("Bash", "a")));
  assert.ok(!steps.onlyWait(asked("WebFetch", "a")));
  assert.ok(!steps.onlyWait(asked("Bash", "b")), "the first one is at work");
  assert.ok(steps.onlyWait([...asked("WebFetch", "a"), ...asked("WebFetch", "b")]));
  steps.ends(call(["c"], "task"));
  assert.ok(!steps.onlyWait(asked("Bash", "a")), "a sub-agent is at work");
  steps.ends(result("c", "task"));
  assert.ok(steps.onlyWait(asked("Bash", "a")));
});

test("a form is asked in the only open call of its server, in any thread", () => {
  const named = (id: string, name: string, parent: string | null = null) => ({
    type: "assistant",
    parent_tool_use_id: parent,
    message: { content: [{ type: "tool_use", id, name }] },
  });
  const form = { kind: "elicitation", tool: "mcp__my forms", toolUseId: null } as const;
  const callOf = (steps: OpenSteps): string | null => steps.withCall(form).toolUseId;
  const steps = new OpenSteps();
  assert.equal(callOf(steps), null);
  steps.ends(named("agent", "Agent"));
  steps.ends(named("other", "mcp__my_forms2__ask"));
  steps.ends(named("a", "mcp__my_forms__ask", "agent"));
  assert.equal(callOf(steps), "a");
  steps.ends(named("b", "mcp__my_forms__ask"));
  assert.equal(callOf(steps), null, "it may be of either");
  steps.ends(result("b"));
  assert.equal(callOf(steps), "a");
  assert.equal(steps.withCall({ ...form, kind: "permission" }).toolUseId, null);
});
