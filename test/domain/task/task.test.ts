import assert from "node:assert/strict";
import { test } from "node:test";
import { isTerminal, taskStatuses, terminalStatuses, titleOf } from "../../../src/domain/task/task.ts";

const titles: [what: string, prompt: string, title: string][] = [
  ["one line is the title itself", "Fix the test", "Fix the test"],
  ["of several lines the first counts", "Fix the test\nIt is in a.ts", "Fix the test"],
  ["empty lines and blanks before it do not", "\n \n  Fix it  \nnow", "Fix it"],
  ["120 characters fit", "x".repeat(120), "x".repeat(120)],
  ["more are cut, which shows", "x".repeat(121), `${"x".repeat(119)}…`],
  ["a cut splits no character", "👩".repeat(121), `${"👩".repeat(119)}…`],
  ["an empty prompt has an empty title", " ", ""],
];
for (const [what, prompt, title] of titles) {
  test(`a task's title: ${what}`, () => {
    assert.equal(titleOf(prompt), title);
  });
}

test("a prompt of ten megabytes has a title at once", () => {
  assert.equal(titleOf("x".repeat(10_000_000)).length, 120);
});

test("completed, failed and cancelled are terminal; pending and running are not", () => {
  assert.deepEqual(taskStatuses.filter(isTerminal), [...terminalStatuses]);
});
