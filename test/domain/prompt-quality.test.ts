import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defaultPromptRules, namesPath, promptAdvice, promptFaults } from "../../src/domain/prompt-quality.ts";

const goodSystem = "You are a senior TypeScript engineer. Change only files below src/auth and never touch the public API.";
const goodPrompt =
  "Refactor src/auth/session.ts so that expired sessions are removed by one function instead of three copies. " +
  "Keep the behaviour, extend test/auth/session.test.ts, and finish when npm test passes.";

test("good prompts have no faults", () => {
  assert.deepEqual(promptFaults({ prompt: goodPrompt, system_prompt: goodSystem }), []);
});

test("a missing, a short and a long system prompt are each taught", () => {
  const faultOf = (system_prompt: string | null) => promptFaults({ prompt: goodPrompt, system_prompt });
  assert.match(faultOf(null)[0]?.detail ?? "", /is missing: write 75-500 characters/);
  assert.match(faultOf("   ")[0]?.detail ?? "", /is missing/);
  assert.match(faultOf("You are an engineer. Never push.")[0]?.detail ?? "", /has 32 characters, at least 75/);
  assert.match(faultOf(`${goodSystem} ${"x".repeat(500)}`)[0]?.detail ?? "", /at most 500/);
  assert.ok(faultOf(null).every(({ pointer }) => pointer === "/system_prompt"));
});

test("a system prompt without role or without constraints is refused for that reason", () => {
  const noRole = "Please be quick about it and also friendly, thanks a lot for everything, see you soon, have a nice day out there.";
  const details = promptFaults({ prompt: goodPrompt, system_prompt: noRole }).map(({ detail }) => detail);
  assert.equal(details.length, 2);
  assert.match(details.join("\n"), /states no role[\s\S]*states no constraints/);
});

test("an execution prompt must be long enough and name a path", () => {
  const faults = promptFaults({ prompt: "Fix the bug in the login.", system_prompt: goodSystem });
  assert.deepEqual(
    faults.map(({ pointer }) => pointer),
    ["/prompt", "/prompt"],
  );
  assert.match(faults[0]?.detail ?? "", /has 25 characters, at least 150/);
  assert.match(faults[1]?.detail ?? "", /names no path/);
});

test("length counts characters, not UTF-16 units or blanks at the ends", () => {
  const rules = { ...defaultPromptRules, promptMin: 4, level: "lengths" as const };
  assert.equal(promptFaults({ prompt: "🙂🙂🙂", system_prompt: goodSystem }, rules).length, 1);
  assert.equal(promptFaults({ prompt: "🙂🙂🙂🙂", system_prompt: goodSystem }, rules).length, 0);
  assert.equal(promptFaults({ prompt: "  ab  ", system_prompt: goodSystem }, rules).length, 1);
});

test("levels: lengths alone look at no words, off looks at nothing", () => {
  const bland = "z ".repeat(100);
  assert.deepEqual(promptFaults({ prompt: bland, system_prompt: bland }, { ...defaultPromptRules, level: "lengths" }), []);
  assert.notDeepEqual(promptFaults({ prompt: bland, system_prompt: bland }), []);
  assert.deepEqual(promptFaults({ prompt: "x" }, { ...defaultPromptRules, level: "off" }), []);
  assert.deepEqual(promptAdvice({ ...defaultPromptRules, level: "off" }), []);
  assert.match(promptAdvice(defaultPromptRules).join("\n"), /75-500[\s\S]*150/);
});

test("paths are recognised in the forms that people write them", () => {
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
    "/",
  ];
  for (const path of paths.slice(0, -1)) assert.ok(namesPath(`Look at ${path} please`), path);
});

test("what only looks like a path is none", () => {
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
  ];
  for (const other of others) assert.ok(!namesPath(`Look at ${other} please`), other);
});

test("any text is judged without throwing, quickly", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 500 }), fc.string({ unit: "binary", maxLength: 500 }), (prompt, system_prompt) => {
      for (const { detail } of promptFaults({ prompt, system_prompt })) assert.ok(detail.length > 10);
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
    const began = performance.now();
    promptFaults({ prompt, system_prompt: prompt });
    assert.ok(performance.now() - began < 5000, `${prompt.slice(0, 20)} took ${performance.now() - began} ms`);
  }
});
