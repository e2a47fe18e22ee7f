import assert from "node:assert/strict";
import { test } from "node:test";
import { wholeQuestion } from "../../../src/domain/questions/whole-question.ts";

const text = (kind: Parameters<typeof wholeQuestion>[0]["kind"], tool: string, input: object): string =>
  wholeQuestion({ kind, tool, input: { ...input } });

test("a permission shows all of its call", () => {
  const command = `rm -rf build\n${"x".repeat(5000)}`;
  assert.equal(text("permission", "Bash", { command, description: "Clean" }), `May it use Bash?\n${command}`);
  const more = text("permission", "Bash", { command: "ls", dangerouslyDisableSandbox: true });
  assert.match(more, /"dangerouslyDisableSandbox": true/);
  const write = text("permission", "Write", { file_path: "/a", content: "one\n  file_path: /b" });
  assert.match(write, /"content": "one\\n {2}file_path: \/b"/, "a text cannot look like another field");
});

test("what a screen would hide is shown", () => {
  assert.equal(text("permission", "Bash", { command: "ls\u202e \u200bx\u001b[2J" }), "May it use Bash?\nls\\u202e \\u200bx\\u001b[2J");
  assert.match(text("permission", "Bash\u202e", { a: "\u2066" }), /^May it use Bash\\u202e\?\n[^]*"a": "\\u2066"/);
  assert.equal(text("network", "x", { host: "a\u200b.example" }), "May a command reach a\\u200b.example?");
});

test("questions, plans, forms and addresses are whole", () => {
  const options = [{ label: "Red", description: "warm" }, { label: "Blue" }];
  const questions = [
    { question: "Which?", multiSelect: true, options },
    { question: "Why?", options: [] },
  ];
  assert.equal(text("question", "AskUserQuestion", { questions }), "Which? (one or several)\n- Red: warm\n- Blue\nWhy?");
  assert.equal(text("plan", "ExitPlanMode", { plan: "1. Do\n2. Test" }), "Approve the plan?\n1. Do\n2. Test");
  assert.equal(text("plan", "ExitPlanMode", {}), "Approve the plan? Claude wrote none.");
  const requestedSchema = { properties: { age: { type: "integer" } } };
  const asked = { serverName: "crm", message: "How old?", mode: "form", requestedSchema };
  assert.equal(text("elicitation", "mcp", asked), 'crm asks: How old?\n- age: {"type":"integer"}');
  const url = { serverName: "crm", message: "Sign in", mode: "url", url: "https://a.example/x" };
  assert.equal(text("elicitation", "mcp", url), "crm asks: Sign in\nOpen this address: https://a.example/x");
});
