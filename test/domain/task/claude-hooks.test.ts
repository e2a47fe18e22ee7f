import assert from "node:assert/strict";
import { test } from "node:test";
import { hooksIn, hookText, isGuarding } from "../../../src/domain/task/claude-hooks.ts";

const commands = (settings: unknown, event: string, name: string): string[] =>
  hooksIn(typeof settings === "string" ? settings : JSON.stringify(settings), event, name).map(({ command }) => command);

const one = (matcher: unknown, command = "check"): object => ({
  hooks: { PreToolUse: [{ matcher, hooks: [{ type: "command", command }] }] },
});

test("a hook is found by its event and by what it matches", () => {
  for (const matcher of [undefined, "", "*", "Bash", "Edit|Bash", "Edit, Bash", "Ba.h", "^B"])
    assert.deepEqual(commands(one(matcher), "PreToolUse", "PreToolUse:Bash"), ["check"], String(matcher));
  for (const matcher of ["Edit", "BashOutput", "Bas", "Edit|Write", "^E", "("])
    assert.deepEqual(commands(one(matcher), "PreToolUse", "PreToolUse:Bash"), [], matcher);
  assert.deepEqual(commands(one("*"), "PostToolUse", "PostToolUse:Bash"), []);
  assert.deepEqual(commands(one("mcp__.*"), "PreToolUse", "PreToolUse:mcp__git__log"), ["check"]);
});

test("a hook has its own time limit or the default of its event", () => {
  const hooks = [{ type: "command", command: "a", timeout: 3 }, { type: "command", command: "b", async: true }, { type: "prompt" }];
  const settings = JSON.stringify({
    hooks: { PreToolUse: [{ hooks }], UserPromptSubmit: [{ hooks: [{ type: "http", url: "http://x" }] }] },
  });
  assert.deepEqual(hooksIn(settings, "PreToolUse", "PreToolUse:Bash"), [
    { command: "a", timeoutMs: 3_000, isAsync: false },
    { command: "b", timeoutMs: 600_000, isAsync: true },
    { command: "prompt", timeoutMs: 600_000, isAsync: false },
  ]);
  assert.deepEqual(hooksIn(settings, "UserPromptSubmit", "UserPromptSubmit"), [{ command: "http://x", timeoutMs: 30_000, isAsync: false }]);
});

test("settings of any shape name no hook rather than fail", () => {
  for (const settings of ["", "{", "null", "[]", '{"hooks":[]}', '{"hooks":{"PreToolUse":7}}', '{"hooks":{"PreToolUse":[{"hooks":{}}]}}'])
    assert.deepEqual(commands(settings, "PreToolUse", "PreToolUse:Bash"), [], settings);
});

test("a hook is named by its command, as far as that is known", () => {
  assert.equal(hookText("Stop", []), "hook Stop");
  assert.equal(hookText("Stop", ["a"]), "hook Stop (a)");
  assert.equal(hookText("Stop", ["a", "b"]), "hook Stop (one of: a; b)");
  assert.deepEqual([isGuarding("PreToolUse"), isGuarding("Stop")], [true, false]);
});
