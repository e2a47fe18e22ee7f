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
