import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { readAskedQuestion } from "../../../src/domain/questions/read-question.ts";

const question = {
  key: "k",
  kind: "permission",
  tool: "Bash",
  toolUseId: "toolu_1",
  agentId: null,
  input: { command: "ls" },
  inputHash: "1",
  rule: null,
};

test("a question of the journal is read as it was written", () => {
  assert.deepEqual(readAskedQuestion(question), question);
  assert.deepEqual(readAskedQuestion({ ...question, later: 1 }), question);
});

test("a question that this version cannot read is left out, and none throws", () => {
  for (const field of ["key", "kind", "tool", "input", "inputHash"])
    assert.equal(readAskedQuestion({ ...question, [field]: 1 }), null, field);
  assert.equal(readAskedQuestion({ ...question, kind: "mood" }), null);
  fc.assert(fc.property(fc.anything(), (value) => readAskedQuestion(value) === null));
});
