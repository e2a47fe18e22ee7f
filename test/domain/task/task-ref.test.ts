/** src/domain/task/task-ref.ts: what refers to a task, and which names would be mistaken for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { nameProblem, readTaskRef } from "../../../src/domain/task/task-ref.ts";

test("a number or f and a number refers to a task, nothing else does", () => {
  assert.deepEqual(["1", "42", "9007199254740991", "f1", "f42", "042"].map(readTaskRef), [1, 42, Number.MAX_SAFE_INTEGER, "f1", "f42", 42]);
  for (const text of ["", "0", "f0", "f", "F42", "-1", "1.5", "x1", "1x", "9007199254740992", "#42", " 1", "last"])
    assert.equal(readTaskRef(text), null, text);
});

test("a name that commands would read as a reference is refused with what they read", () => {
  for (const name of ["42", "#42", "0", "f42", "F42", "#f1", "last", "Last", "-1", "-12", " 42 "])
    assert.match(nameProblem(name) ?? "", /^".+" is not possible as a name, because commands read it as .+\. Choose another name$/, name);
  for (const name of ["task 42", "42nd", "f", "fix42", "f4x", "lasting", "the last", "-x", "--1", "1.5", "v2"])
    assert.equal(nameProblem(name), null, name);
});
