import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defaultPromptRules, namesPath, promptAdvice, promptProblems, promptHints } from "../../../src/domain/agents/prompt-quality.ts";
import { delegations } from "../delegations.ts";
import { leastCpuMs } from "../../../testing/cpu-cost.ts";

const goodSystem = "You are a senior TypeScript engineer. Change only files below src/auth and never touch the public API.";
const goodPrompt =
  "Refactor src/auth/session.ts so that expired sessions are removed by one function instead of three copies. " +
  "Keep the behaviour, extend test/auth/session.test.ts, and finish when npm test passes.";

test("good prompts have no problems", () => {
  assert.deepEqual(promptProblems({ prompt: goodPrompt, system_prompt: goodSystem }), []);
});

test("a missing, a short and a long system prompt are each taught", () => {
  const problemOf = (system_prompt: string | null) => promptProblems({ prompt: goodPrompt, system_prompt });
  assert.match(problemOf(null)[0]?.detail ?? "", /is missing: write 75-500 characters/);
  assert.match(problemOf("   ")[0]?.detail ?? "", /is missing/);
  assert.match(problemOf("You are an engineer. Never push.")[0]?.detail ?? "", /has 32 characters, at least 75/);
  assert.match(problemOf(`${goodSystem} ${"x".repeat(500)}`)[0]?.detail ?? "", /at most 500/);
  assert.ok(problemOf(null).every(({ pointer }) => pointer === "/system_prompt"));
});

test("a system prompt without role or constraints gets advice, and is not refused", () => {
  const noRole =
    "Please be quick about it and also friendly, thanks a lot for everything, see that this is fun, have a nice day out there.";
  assert.deepEqual(promptProblems({ prompt: goodPrompt, system_prompt: noRole }), []);
  assert.match(promptHints({ prompt: goodPrompt, system_prompt: noRole }).join("\n"), /say who the worker is[\s\S]*must or must not do/);
  assert.deepEqual(promptHints({ prompt: goodPrompt, system_prompt: goodSystem }), []);
});

test("an execution prompt must be long enough; one that names no path gets advice", () => {
  const problems = promptProblems({ prompt: "Fix the bug in the login.", system_prompt: goodSystem });
  assert.deepEqual(
    problems.map(({ pointer }) => pointer),
    ["/prompt"],
  );
  assert.match(problems[0]?.detail ?? "", /has 25 characters, at least 150/);
  assert.match(
    promptHints({ prompt: "Fix the bug that is in the login.", system_prompt: goodSystem }).join(),
    /name the files or directories/,
  );
});

test("of real delegations in many languages good ones are accepted, poor ones refused", () => {
  const wrong = delegations.filter((each) => promptProblems(each).length > 0 !== (each.kind === "poor"));
  assert.deepEqual(
    wrong.map(({ system_prompt }) => system_prompt),
    [],
  );
  assert.ok(delegations.filter(({ kind }) => kind === "good").length >= 38);
  for (const vague of delegations.filter(({ kind }) => kind === "vague")) assert.equal(promptHints(vague).length, 3, vague.prompt);
  // Advice that a good one does not need is read past; it must stay the exception, and none is
  // given on what it cannot read.
  const advised = delegations.filter((each) => each.kind === "good" && promptHints(each).length > 0);
  assert.ok(advised.length <= 12, advised.map(({ system_prompt }) => system_prompt).join("\n"));
  const foreign = delegations.filter(({ system_prompt }) => /^[^a-z]*$|[äéçãıłñ]/i.test(system_prompt ?? ""));
  assert.ok(foreign.length >= 10 && foreign.every((each) => promptHints(each).length === 0));
});

test("the length of a prompt counts characters, without blanks at the ends", () => {
  const rules = { ...defaultPromptRules, promptMin: 4, level: "lengths" as const };
  assert.equal(promptProblems({ prompt: "🙂🙂🙂", system_prompt: goodSystem }, rules).length, 1);
  assert.equal(promptProblems({ prompt: "🙂🙂🙂🙂", system_prompt: goodSystem }, rules).length, 0);
  assert.equal(promptProblems({ prompt: "  ab  ", system_prompt: goodSystem }, rules).length, 1);
});

test('the level "lengths" looks at no words of a prompt, "off" at nothing', () => {
  const bland = "z ".repeat(100);
  assert.deepEqual(promptProblems({ prompt: bland, system_prompt: bland }, { ...defaultPromptRules, level: "lengths" }), []);
  const vague = { prompt: `the and ${bland}`, system_prompt: `the and ${bland}` };
  assert.deepEqual(promptHints(vague, { ...defaultPromptRules, level: "lengths" }), []);
  assert.equal(promptHints(vague).length, 3);
  assert.deepEqual(promptProblems({ prompt: "x" }, { ...defaultPromptRules, level: "off" }), []);
  assert.deepEqual(promptAdvice({ ...defaultPromptRules, level: "off" }), []);
  assert.match(promptAdvice(defaultPromptRules).join("\n"), /75-500[\s\S]*150/);
});

test("paths in a prompt are recognised in the forms that people write", () => {
  const paths = [
    "/etc/hosts",
    "./src",
    "../lib/a",
    "~/project",
    "src/auth",
    "src/auth/",
    "packages/api/index.ts",
    "README.md",
    "`package.json`",
    "(src/a.ts)",
    "see src/a.ts:12.",
    ".env",
    ".github/workflows",
    "Makefile",
    "Dockerfile",
    "C:\\app\\main.cs",
    "**src/auth/**",
    "main.go,",
    '"test/a b/c.py"',
    "src/auth/*.ts",
    "@scope/pkg/file.ts",
    "src/x/session",
    "/",
  ];
  for (const path of paths.slice(0, -1)) assert.ok(namesPath(`Look at ${path} please`), path);
});

test("what only looks like a path in a prompt is not a path", () => {
  const others = [
    "and/or",
    "read/write",
    "TCP/IP",
    "CI/CD",
    "24/7",
    "10/12/2026",
    "https://example.com/a/b.ts",
    "Node.js",
    "e.g. this",
    "i.e. that",
    "v1.2.3",
    "3.14",
    "I/O",
    "A/B",
    "w/o",
    "n/a",
    "...",
    "/",
    "he/she.",
    "a/b/c",
  ];
  for (const other of others) assert.ok(!namesPath(`Look at ${other} please`), other);
});

test("any text of a prompt is judged quickly and without throwing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 500 }), fc.string({ unit: "binary", maxLength: 500 }), (prompt, system_prompt) => {
      for (const { detail } of promptProblems({ prompt, system_prompt })) assert.ok(detail.length > 10);
      for (const hint of promptHints({ prompt, system_prompt })) assert.ok(hint.length > 10);
    }),
    { numRuns: 500 },
  );
  const word = (part: string): string => `${part.repeat(990 / part.length)}! `.repeat(1000);
  const hostile = [
    "a/".repeat(500_000),
    "a.".repeat(500_000),
    "-".repeat(1_000_000),
    "you ".repeat(250_000),
    ...["a/", "a.", ".", "-", "1:", "a"].map(word),
  ];
  for (const prompt of hostile) {
    const ms = leastCpuMs(() => {
      promptProblems({ prompt, system_prompt: prompt });
      promptHints({ prompt: `the and ${prompt}`, system_prompt: `the and ${prompt}` });
    }, 2);
    assert.ok(ms < 5000, `${prompt.slice(0, 20)} took ${ms} ms of CPU time`);
  }
});
