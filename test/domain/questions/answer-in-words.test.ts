import assert from "node:assert/strict";
import { test } from "node:test";
import { answerInWords, wordsHint } from "../../../src/domain/questions/answer-in-words.ts";
import type { AskedQuestion } from "../../../src/domain/questions/question.ts";

type Asked = Pick<AskedQuestion, "kind" | "input">;

const form = (properties: object): Asked => ({ kind: "elicitation", input: { mode: "form", requestedSchema: { properties } } });
const tagList = { type: "array", items: { enum: ["a", "b", "c, d"] } };
const age = form({ age: { type: "integer" } });

const rows: readonly (readonly [asked: Asked, words: string, options: readonly string[], given: object | null])[] = [
  [{ kind: "permission", input: {} }, " Allow ", ["allow", "deny"], { option: "allow" }],
  [{ kind: "permission", input: {} }, "allow", ["deny"], null],
  [{ kind: "permission", input: {} }, "yes please", ["allow", "deny"], null],
  [{ kind: "permission", input: {} }, "Deny: not on\nstaging", ["allow", "deny"], { decision: "deny", message: "not on\nstaging" }],
  [{ kind: "permission", input: {} }, "denying is hard", ["allow", "deny"], null],
  [{ kind: "plan", input: {} }, "deny test first", ["default", "deny"], { decision: "deny", message: "test first" }],
  [{ kind: "question", input: {} }, "red", ["Red", "Blue"], { option: "Red" }],
  [{ kind: "question", input: {} }, "deny", ["Red", "Blue"], { decision: "allow", message: "deny" }],
  [{ kind: "question", input: {} }, "  ", ["Red"], null],
  [age, "7", ["deny"], { decision: "allow", content: { age: 7 } }],
  [age, "seven", ["deny"], { decision: "allow", content: { age: "seven" } }],
  [form({ sure: { type: "boolean" } }), "No", ["deny"], { decision: "allow", content: { sure: false } }],
  [form({ size: { oneOf: [{ const: "s", title: "Small" }] } }), "small", [], { decision: "allow", content: { size: "s" } }],
  [form({ size: { enum: ["s"] } }), "xl", [], { decision: "allow", content: { size: "xl" } }],
  [form({ tags: tagList }), "B, a", [], { decision: "allow", content: { tags: ["b", "a"] } }],
  [form({ tags: tagList }), "c, d", [], { decision: "allow", content: { tags: ["c, d"] } }],
  [form({ a: {}, b: {} }), "x", ["deny"], null],
  [{ kind: "elicitation", input: { mode: "url" } }, "x", ["accept", "deny"], null],
];

test("words of a person become the answer that they mean, or none", () => {
  for (const [asked, words, options, given] of rows)
    assert.deepEqual(answerInWords(asked, words, options), given, `${asked.kind}: ${words}`);
});

test("each kind says what words it takes", () => {
  const hints = [...rows.map(([asked]) => asked), form({}), { kind: "network" as const, input: {} }].map((asked) =>
    wordsHint(asked, { isWhole: true }),
  );
  assert.deepEqual(
    [...new Set(hints)],
    [
      '"deny" and why',
      '"deny" and what to change',
      "your answer",
      'the value of "age"',
      'the value of "sure"',
      'the value of "size"',
      'the value of "tags"',
      null,
    ],
  );
  assert.equal(wordsHint(age, { isWhole: false }), null, "what is not seen is not filled in");
  assert.equal(wordsHint({ kind: "question", input: {} }, { isWhole: true }), "your answer");
  assert.equal(wordsHint({ kind: "question", input: {} }, { isWhole: false }), null);
});
