import assert from "node:assert/strict";
import { test } from "node:test";
import { ruleProblem } from "../../../src/domain/task/permission-rule.ts";
import { retryInput } from "../../../src/contract/retry-input.ts";
import { taskInput } from "../../../src/contract/task-input.ts";

const good = [
  "Bash",
  "Bash(ls)",
  "Bash(npm test:*)",
  "Read(//etc/**)",
  "mcp__git__*",
  "WebFetch(domain:a.b)",
  "Bash(f(x) y)",
  String.raw`Bash(echo \()`,
];
const bad = [
  "Bash(ls",
  "Bash(",
  "Bash)",
  "Bash()",
  "(ls)",
  "Bash (ls)",
  "rm -rf",
  "Bash(ls) more",
  "Bash(ls))",
  "…",
  String.raw`Bash(ls\)`,
];

test("a malformed permission rule is refused by name at a submit and a retry", () => {
  for (const rule of good) assert.equal(ruleProblem(rule), null, rule);
  const submit = { prompt: "Do it.", working_directory: "/tmp" };
  for (const rule of bad) {
    assert.notEqual(ruleProblem(rule), null, rule);
    for (const field of ["allow", "deny"]) {
      for (const parsed of [
        taskInput.safeParse({ ...submit, [field]: ["Read", rule] }),
        retryInput.safeParse({ [field]: ["Read", rule] }),
      ]) {
        const [issue] = parsed.error?.issues ?? [];
        assert.deepEqual(issue?.path, [field, 1], rule);
        assert.ok(issue?.message.includes(rule), issue?.message);
      }
    }
  }
  for (const field of ["allow", "deny"]) assert.equal(taskInput.safeParse({ ...submit, [field]: good }).success, true);
});
