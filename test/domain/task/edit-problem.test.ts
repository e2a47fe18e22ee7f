import assert from "node:assert/strict";
import { test } from "node:test";
import { editProblem } from "../../../src/domain/task/edit-problem.ts";

test("each task that cannot be edited says what to do instead", () => {
  const pending = { id: 4, status: "pending", hasSession: false, hasBegun: false } as const;
  assert.equal(editProblem(pending, true), null);
  const begun = { ...pending, hasSession: true, hasBegun: true } as const;
  assert.equal(editProblem(begun, false), null);
  assert.match(editProblem(begun, true) ?? "", /has begun.*claude-worker send 4/);
  assert.match(editProblem({ ...begun, status: "running" }, false) ?? "", /is running.*claude-worker send 4/);
  const ended = { ...begun, status: "completed" } as const;
  assert.match(editProblem(ended, true) ?? "", /is completed.*claude-worker send 4/);
  assert.match(editProblem(ended, false) ?? "", /claude-worker retry 4/);
  assert.match(editProblem({ ...pending, status: "cancelled" }, true) ?? "", /claude-worker run/);
});
