import assert from "node:assert/strict";
import { test } from "node:test";
import { channelAnswers, channelOptions, mayAnswer } from "../../../src/domain/notifications/channel-answers.ts";
import type { AskedQuestion } from "../../../src/domain/questions/question.ts";

type Asked = Pick<AskedQuestion, "kind" | "tool" | "input" | "rule">;

const permission: Asked = { kind: "permission", tool: "Bash", input: { command: "touch a" }, rule: "Bash(touch *)" };
const network: Asked = { ...permission, kind: "network", input: { host: "example.com" } };
const plan: Asked = { kind: "plan", tool: "ExitPlanMode", input: { plan: "1. Do it" }, rule: null };
const colours = { question: "Which?", header: "h", multiSelect: false, options: [{ label: "Red" }, { label: "always" }] };
const content: Asked = { kind: "question", tool: "AskUserQuestion", input: { questions: [colours] }, rule: null };
const form: Asked = {
  kind: "elicitation",
  tool: "mcp",
  input: { mode: "form", requestedSchema: { type: "object", properties: { age: { type: "integer" } } } },
  rule: null,
};
const address: Asked = { ...form, input: { mode: "url", url: "https://example.com" } };

test("each right of a channel allows the questions that it names, and no others", () => {
  const all = { permission, network, plan, content, form, address };
  const allowed = channelAnswers.map((answers) =>
    Object.entries(all)
      .filter(([, question]) => mayAnswer(answers, question))
      .map(([name]) => name),
  );
  assert.deepEqual(allowed, [[], ["content", "form"], Object.keys(all)]);
});

const offered = (question: Asked, isWhole = true): readonly string[] => channelOptions({ id: 1, ...question }, { isWhole });

test("a channel offers no rule, and nothing that needs more fields", () => {
  assert.deepEqual(offered(permission), ["allow", "deny"]);
  assert.deepEqual(offered(network), ["allow", "deny"]);
  assert.deepEqual(offered(plan), ["default", "acceptEdits", "deny"]);
  assert.deepEqual(offered(content), ["Red", "always"], "Claude's own words are no rule");
  assert.deepEqual(offered(form), ["accept", "deny"]);
  const needsAge = { mode: "form", requestedSchema: { properties: { age: { type: "integer" } }, required: ["age"] } };
  assert.deepEqual(offered({ ...form, input: needsAge }), ["deny"]);
  assert.deepEqual(offered(address), ["accept", "deny"]);
});

test("what was not shown whole can at most be denied", () => {
  for (const question of [permission, network, plan, form, address]) assert.deepEqual(offered(question, false), ["deny"]);
  assert.deepEqual(offered(content, false), [], "who picks an answer has seen what it means");
});
