/**
 * src/contract: where each limit of an input lies. What is at the limit is taken, what is one
 * beyond it is refused by name.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import { parseInput } from "../../src/contract/parse-input.ts";
import { eventsQuery } from "../../src/contract/operations/events.ts";
import { holdInput } from "../../src/contract/operations/holds.ts";
import { taskParams } from "../../src/contract/operations/query-values.ts";
import { stopInput, usageQuery } from "../../src/contract/operations/server.ts";
import { batchInput } from "../../src/contract/operations/submit.ts";
import { listQuery, taskChange } from "../../src/contract/operations/tasks.ts";
import { tokenInput } from "../../src/contract/operations/tokens.ts";
import { taskInput } from "../../src/contract/task-input.ts";
import { maxPromptBytes } from "../../src/domain/task/prompt-size.ts";
import { WorkerError } from "../../src/domain/errors.ts";

const task = { prompt: "p", working_directory: "/w" };
const token = { name: "ci", scope: "read" };
const letters = (count: number): string => "x".repeat(count);
const rules = (count: number): string[] => Array.from({ length: count }, (_, index) => `Bash(echo ${index})`);
const labelsOf = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "v"]));

/** Schema, what every input of it needs, field, values that are taken, values that are refused. */
const limits: readonly (readonly [z.ZodType, object, string, readonly unknown[], readonly unknown[]])[] = [
  [taskInput, task, "prompt", ["x", letters(maxPromptBytes)], ["", " \n", letters(maxPromptBytes + 1), "a\0b", "\ud800", 7, null]],
  [taskInput, task, "working_directory", ["/", letters(4096)], ["", letters(4097), null]],
  [taskInput, task, "name", [null, "n", "v2", letters(200)], ["", " ", "42", "f42", "last", "-1", letters(201)]],
  [taskInput, task, "system_prompt", [null, "", letters(100_000)], [letters(100_001), "\0"]],
  [taskInput, task, "model", [null, "m", letters(200)], ["", letters(201)]],
  [taskInput, task, "permission_mode", [null, "plan", "acceptEdits"], ["", "Plan", "everything"]],
  [taskInput, task, "allow", [[], rules(200), [letters(1000)]], [rules(201), [letters(1001)], [""], "Bash", null]],
  [taskInput, task, "deny", [[], rules(200), [letters(1000)]], [rules(201), [letters(1001)], [""], "Bash", null]],
  [taskInput, task, "max_turns", [null, 1, 100_000], [0, 100_001, 1.5, "1"]],
  [taskInput, task, "max_budget_usd", [null, 0.01, 1_000_000], [0, -1, 1_000_001]],
  [taskInput, task, "timeout_ms", [null, 1000, 2_592_000_000], [999, 2_592_000_001]],
  [taskInput, task, "stall_timeout_ms", [null, 1000, 2_592_000_000], [999, 2_592_000_001]],
  [taskInput, task, "retries", [0, 100], [-1, 101, 0.5]],
  [taskInput, task, "priority", [-1000, 1000], [-1001, 1001, 0.5]],
  [taskInput, task, "group", ["a", "A1_-", letters(63)], ["", "-a", "a b", "a\n", letters(64)]],
  [
    taskInput,
    task,
    "labels",
    [{}, labelsOf(50), { "a.b-c_d": letters(200) }],
    [labelsOf(51), { "": "v" }, { "a b": "v" }, { a: letters(201) }],
  ],
  [
    taskParams,
    {},
    "id",
    ["1", "9007199254740991", "f1", "f42"],
    ["0", "-1", "1.5", "x1", "1x", "f", "f0", "F1", "f-1", "#1", "last", "9007199254740992", "12345678901234567"],
  ],
  [listQuery, {}, "limit", ["1", "500"], ["0", "501", "1e2", " 1"]],
  [listQuery, {}, "order", ["newest", "oldest"], ["", "random"]],
  [listQuery, {}, "attention", ["true", "false"], ["", "yes", "TRUE"]],
  [listQuery, {}, "label", ["a=b", "a=", ["a=b", "c=d"]], ["a", "=b", "a b=c"]],
  [listQuery, {}, "cursor", ["abc-1_Z"], ["", "a b", letters(201)]],
  [listQuery, {}, "created_after", ["2026-11-22T12:00:00Z", "2026-11-22T12:00:00+01:00"], ["2026-11-22", "now"]],
  [eventsQuery, {}, "after", ["0", "9007199254740991"], ["-1", "9007199254740992"]],
  [eventsQuery, {}, "limit", ["1", "1000"], ["0", "1001"]],
  [eventsQuery, {}, "tail", ["0", "1000"], ["-1", "1001"]],
  [holdInput, {}, "reason", [null, "", letters(500)], [letters(501)]],
  [stopInput, {}, "mode", ["leave", "drain", "now"], ["kill"]],
  [stopInput, {}, "deadline_ms", [0, 86_400_000], [-1, 86_400_001]],
  [tokenInput, token, "name", ["a", "ci runner_1@host.x+-", letters(63)], ["", " a", "a\n", "a/b", letters(64), "local"]],
  [tokenInput, token, "scope", ["read", "submit", "admin"], ["write"]],
  [usageQuery, {}, "by", ["day", "model", "group"], ["hour"]],
  [usageQuery, {}, "since", ["2026-11-22"], ["2026-11-22T00:00:00Z", "yesterday"]],
];

for (const [index, [schema, rest, field, taken, refused]] of limits.entries()) {
  test(`limits of an input, ${index + 1}: ${field}`, () => {
    for (const value of taken) {
      assert.doesNotThrow(() => parseInput(schema, { ...rest, [field]: value }, "It"), shown(value));
    }
    for (const value of refused) {
      const { code, problems, message } = problemOf(schema, { ...rest, [field]: value });
      assert.ok(problems[0]?.pointer.startsWith(`/${field}`), `${shown(value)}: ${message}`);
      assert.equal(code, field === "prompt" && String(value).length > 100 ? "payload_too_large" : "invalid_input");
      assert.match(message, new RegExp(`^It is not valid at /${field}`));
    }
  });
}

test("what a query says in text arrives as what it means", () => {
  const read = (query: object): Record<string, unknown> => parseInput(listQuery, query, "The query");
  assert.equal(read({ attention: "true" })["attention"], true);
  assert.equal(read({ attention: "false" })["attention"], false);
  assert.equal(read({ limit: "007" })["limit"], 7);
  assert.deepEqual(read({ status: "pending,running" })["status"], ["pending", "running"]);
  assert.deepEqual(read({ status: ["pending,running", "failed"] })["status"], ["pending", "running", "failed"]);
  assert.deepEqual(read({ label: "a=b,c" })["label"], ["a=b,c"], "a label's value may have commas");
});

test("a change that changes nothing is refused", () => {
  assert.match(problemOf(taskChange, {}).message, /names nothing to change/);
  assert.doesNotThrow(() => parseInput(taskChange, { name: null }, "It"));
});

test("a refused input names each problem, at most twenty, the first in the sentence", () => {
  const { message, problems } = problemOf(taskInput, { prompt: "", nmae: "x", priority: "high" });
  assert.deepEqual(problems.map(({ pointer }) => pointer).toSorted(), ["/nmae", "/priority", "/prompt", "/working_directory"]);
  assert.match(message, /\(and 3 more\)\.$/);
  assert.match(problems.find(({ pointer }) => pointer === "/nmae")?.detail ?? "", /did you mean "name"\?/);
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`zzzzzzzzzz~/${index}`, 1]));
  const unknown = problemOf(taskInput, { ...task, ...many });
  assert.equal(unknown.problems.length, 20);
  assert.equal(unknown.problems[0]?.pointer, "/zzzzzzzzzz~0~10", "a JSON pointer, with ~ and / escaped");
  assert.match(unknown.problems[0]?.detail ?? "", /known are prompt, working_directory/);
  const inBatch = problemOf(batchInput, { tasks: [{ ...task, zzzzzzzzzz: 1 }] }).problems;
  assert.deepEqual(inBatch, [{ pointer: "/tasks/0/zzzzzzzzzz", detail: "this field is not known" }]);
  assert.equal(problemOf(taskInput, 7).problems[0]?.pointer, "");
  assert.doesNotMatch(problemOf(taskInput, 7).message, / at /);
  assert.equal(problemOf(taskInput, { ...task, labels: { a: "v", "a b": "v" } }).problems[0]?.detail.includes("a label's key has"), true);
});

function problemOf(schema: z.ZodType, value: unknown): WorkerError {
  try {
    parseInput(schema, value, "It");
  } catch (error) {
    if (error instanceof WorkerError) return error;
    throw error;
  }
  assert.fail(`taken: ${shown(value)}`);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").slice(0, 80);
}
