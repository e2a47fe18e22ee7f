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
    [{}, /needs the field "name"/],
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

test("a form's answer has only offered choices, and keeps the limits of its fields", () => {
  const named = [
    { const: "s", title: "Small" },
    { const: "m", title: "Medium" },
  ];
  const properties = {
    size: { type: "string", oneOf: named },
    colours: { type: "array", minItems: 1, maxItems: 2, items: { type: "string", enum: ["red", "blue", "grey"] } },
    sizes: { type: "array", items: { anyOf: named } },
    code: { type: "string", minLength: 2, maxLength: 3 },
    count: { type: "integer", minimum: 1, maximum: 9 },
    odd: {},
  };
  const input = { mode: "form", requestedSchema: { type: "object", properties } };
  const content = { size: "m", colours: ["red", "grey"], sizes: [], code: "ab", count: 9, odd: "x" };
  assert.deepEqual(answer({ content }, input).content, content);
  const wrong: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ size: "xl" }, /"size", which takes one of s, m\./],
    [{ colours: ["green"] }, /"colours", which takes some of red, blue, grey\./],
    [{ colours: "red" }, /"colours", which takes a list of texts\./],
    [{ colours: [] }, /"colours", which takes at least 1 of them\./],
    [{ colours: ["red", "blue", "grey"] }, /"colours", which takes at most 2 of them\./],
    [{ sizes: [{}] }, /"sizes", which takes a list of texts\./],
    [{ code: "a" }, /"code", which takes at least 2 characters\./],
    [{ code: "abcd" }, /"code", which takes at most 3 characters\./],
    [{ count: 0 }, /"count", which takes at least 1\./],
    [{ count: 10 }, /"count", which takes at most 9\./],
    [{ odd: { nested: true } }, /"odd", which takes a text, a number, true or false, or a list of texts\./],
  ];
  for (const [given, message] of wrong) assert.throws(() => answer({ content: given }, input), { name: "WorkerError", message });
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
