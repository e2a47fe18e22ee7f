import assert from "node:assert/strict";
import { test } from "node:test";
import { overageOf, overageProblem } from "../../../src/domain/task/overage.ts";

test("overage is forbidden, asked for, allowed, or has a cap", () => {
  const found = ["forbid", "ask", "allow", "cap 20", "cap $12.50"].map((text) => [overageProblem(text), ...Object.values(overageOf(text))]);
  assert.deepEqual(found, [
    [null, "forbid", null],
    [null, "ask", null],
    [null, "allow", null],
    [null, "cap", 20],
    [null, "cap", 12.5],
  ]);
});

for (const text of ["alow", "cap", "cap -3", "cap 1e9", "20", ""]) {
  test(`overage "${text}" is refused, with what there is`, () => {
    assert.match(overageProblem(text) ?? "", /must be forbid, ask, allow, or a cap .* like "cap 20", not/);
  });
}
