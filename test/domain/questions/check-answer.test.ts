import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedAnswer } from "../../../src/domain/questions/check-answer.ts";
import type { GivenAnswer } from "../../../src/domain/questions/check-answer.ts";

const properties = {
  name: { type: "string" },
  count: { type: "integer" },
  share: { type: "number" },
  sure: { type: "boolean" },
  size: { type: "string", enum: ["s", "m"] },
};
const form = { mode: "form", message: "Which?", requestedSchema: { type: "object", properties, required: ["name"] } };
const answer = (given: GivenAnswer, input: object = form) =>
  checkedAnswer({ id: 1, kind: "elicitation", tool: "mcp", input: { ...input }, rule: null }, given);

test("a form's answer has the required fields, and each field its type", () => {
  const content = { name: "n", count: 2, share: 0.5, sure: false, size: "m" };
  assert.deepEqual(answer({ decision: "allow", content }), { decision: "allow", content });
  assert.deepEqual(answer({ content: { name: "n" } }), { decision: "allow", content: { name: "n" } });
  const wrong: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{}, /needs the field "name": it takes a text\./],
    [{ count: 2 }, /needs the field "name"/],
    [{ name: "n", other: 1 }, /has no field "other"\. It has: name, count, share, sure, size\./],
    [{ name: 7 }, /"name", which takes a text/],
    [{ name: "n", count: 1.5 }, /"count", which takes a whole number/],
    [{ name: "n", share: "1" }, /"share", which takes a number/],
    [{ name: "n", sure: "yes" }, /"sure", which takes true or false/],
    [{ name: "n", size: "xl" }, /"size", which takes one of s, m/],
  ];
  for (const [given, message] of wrong) assert.throws(() => answer({ content: given }), { name: "WorkerError", message });
});

/** A field, a value that fits it, and one that does not with what the refusal says. */
const fields: readonly (readonly [field: object, fits: unknown, wrong: unknown, takes: string])[] = [
  [{ oneOf: [{ const: "a", title: "Alpha" }, { const: "b" }] }, "a", "zzz", "one of a (Alpha), b"],
  [{ type: "string", oneOf: [{ const: "a", title: "Alpha" }] }, "a", "Alpha", "one of a (Alpha)"],
  [{ type: "string", enum: ["a", "b"], enumNames: ["Alpha", "Beta"] }, "b", "c", "one of a (Alpha), b (Beta)"],
  [{ type: "string", enum: ["a"] }, "a", ["a"], "one of a"],
  [{ type: "integer", enum: [1, 2] }, 2, 3, "one of 1, 2"],
  [{ type: "array", items: { type: "string", enum: ["a", "b"] } }, [], ["a", "c"], "a list with any of a, b"],
  [{ type: "array", items: { anyOf: [{ const: "a", title: "Alpha" }] } }, ["a"], { a: 1 }, "a list with any of a (Alpha)"],
  [{ type: "array", items: { oneOf: [{ const: "a" }] } }, ["a"], [{ const: "a" }], "a list with any of a"],
  [{ type: "array", items: { enum: ["a", "b"] }, minItems: 1 }, ["a"], [], "a list with at least 1 of a, b"],
  [{ type: "array", items: { enum: ["a", "b"] }, minItems: 1, maxItems: 1 }, ["b"], ["a", "b"], "a list with 1 of a, b"],
  [{ type: "array" }, ["x"], "x", "a list with any of your texts"],
  [{ type: "integer", minimum: 1, maximum: 9 }, 9, 10, "a whole number, 1 to 9"],
  [{ type: "number", minimum: 0 }, 0, -0.1, "a number, at least 0"],
  [{ type: "number", maximum: 2.5 }, 2.5, 2.6, "a number, at most 2.5"],
  [{ type: "number" }, -3.5, Number.NaN, "a number"],
  [{ type: "string", minLength: 2, maxLength: 4 }, "\u{1f680}".repeat(4), "x", "a text of 2 to 4 characters"],
  [{ type: "string", minLength: 1 }, "x", "", "a text of at least 1 character"],
  [{ type: "string", maxLength: 3, format: "email" }, "a@b", "a@bc", "an e-mail address, at most 3 characters"],
  [{ type: "string", format: "email" }, "me+x@mail.example", "me at mail", "an e-mail address"],
  [{ type: "string", format: "uri" }, "https://a.example/x?y#z", "a.example/x", "an address such as https://example.com"],
  [{ type: "string", format: "date" }, "2024-02-29", "2026-02-30", "a date such as 2026-01-31"],
  [
    { type: "string", format: "date-time" },
    "2026-01-31T12:00:00.5+02:00",
    "2026-01-31T25:00:00Z",
    "a date with its time such as 2026-01-31T12:00:00Z",
  ],
  [{ type: "string", format: "date-time" }, "2026-01-31T12:00:00Z", "2026-01-31", "a date with its time such as 2026-01-31T12:00:00Z"],
  [{ type: "string", format: "colour" }, "red", {}, "a text"],
  [{}, "x", { nested: true }, "a text"],
];

test("a form takes only what its fields offer, within their bounds and formats", () => {
  for (const [field, fits, wrong, takes] of fields) {
    const input = { mode: "form", requestedSchema: { type: "object", properties: { it: field } } };
    assert.deepEqual(answer({ content: { it: fits } }, input), { decision: "allow", content: { it: fits } });
    const message = `Question q1 (elicitation) has the field "it", which takes ${takes}. See it: claude-worker inbox q1`;
    assert.throws(() => answer({ content: { it: wrong } }, input), { code: "unprocessable", message }, JSON.stringify(field));
  }
  const many = { it: { enum: Array.from({ length: 1000 }, (_, index) => `c${index}`) } };
  const message = /one of c0, .*, c49 and 950 more\. See it/;
  assert.throws(() => answer({ content: { it: "x" } }, { requestedSchema: { properties: many } }), { message });
});

test("words beside another answer are refused, because nobody would read them", () => {
  const toServer = /takes no words: its MCP server gets none\. Leave them out, and tell Claude with a message: claude-worker send\./;
  assert.throws(() => answer({ decision: "deny", message: "not on staging" }), toServer);
  assert.throws(() => answer({ option: "deny", message: "why" }, { mode: "url", url: "https://example.com" }), toServer);
  assert.throws(() => answer({ content: { name: "n" }, message: "as you asked" }), toServer);
  assert.deepEqual(answer({ decision: "deny", message: " " }), { decision: "deny" });

  const input = { questions: [{ question: "Which?", header: "W", options: [{ label: "Red" }, { label: "Blue" }], multiSelect: false }] };
  const toClaude = (given: GivenAnswer) => checkedAnswer({ id: 1, kind: "question", tool: "AskUserQuestion", input, rule: null }, given);
  const several: GivenAnswer[] = [
    { option: "Red", message: "dark" },
    { answers: { "Which?": "Red" }, message: "dark" },
    { option: "Red", answers: { "Which?": "Blue" } },
  ];
  for (const given of several) assert.throws(() => toClaude(given), /got several answers at once/);
  assert.deepEqual(toClaude({ option: "Red", message: "" }), { decision: "allow", answers: { "Which?": "Red" } });
});

test("a denied form needs no content, and an address has none", () => {
  assert.deepEqual(answer({ decision: "deny" }), { decision: "deny" });
  const url = { mode: "url", url: "https://example.com" };
  assert.deepEqual(answer({ decision: "allow" }, url), { decision: "allow" });
  assert.throws(() => answer({ decision: "allow", content: { name: "n" } }, url), /has no form/);
});
