import assert from "node:assert/strict";
import { test } from "node:test";
import { HOOK_EVENTS } from "@anthropic-ai/claude-agent-sdk";
import fc from "fast-check";
import { hookEvents } from "../../../src/domain/task/hook-problems.ts";
import { brokenSettingsText, mcpProblems, settingsProblems } from "../../../src/domain/task/claude-settings.ts";
import { leastCpuMs } from "../../../testing/cpu-cost.ts";

const deny = '"permissions": {"deny": ["Bash(rm:*)"]}';

/**
 * [content, line, a part of what is said], measured with Claude Code 2.1.330: it drops these files,
 * or the entry.
 */
const broken: readonly (readonly [string, number, RegExp])[] = [
  [`{\n ${deny},\n}`, 3, /not valid JSON/],
  [`{\n // why\n ${deny}}`, 2, /not valid JSON/],
  [`{${deny}`, 1, /not valid JSON/],
  [`{${deny}}\n x`, 2, /not valid JSON/],
  [`{\n"a": NaN,\n ${deny}}`, 2, /not valid JSON: Unexpected token 'N'$/],
  [`{\n"a": "x\ny"}`, 2, /control character/],
  ["null", 1, /must hold an object, not null/],
  [`[{${deny}}]`, 1, /not a list/],
  ['{"permissions": []}', 1, /permissions must be an object/],
  ['{"permissions": null}', 1, /not null/],
  ['{"permissions": {\n"deny": "Bash(rm:*)"}}', 2, /permissions\.deny must be a list, not a text/],
  ['{"permissions": {"deny": [\n"Read",\n5]}}', 3, /the rule 5/],
  ['{"permissions": {"deny": ["Bash(rm:*"]}}', 1, /closing parenthesis/],
  ['{"permissions": {"ask": ["bash(rm:*)"]}}', 1, /permissions\.ask must begin with a tool's name/],
  ['{"permissions": {"deny": [""]}}', 1, /is empty/],
  ['{"permissions": {"allow": "Bash"}}', 1, /permissions\.allow must be a list/],
  [`{${deny},\n"permissions": {}}`, 2, /permissions stands there twice/],
  [`{"permissions": {"deny": ["Read"],\n"deny": []}}`, 2, /permissions\.deny stands there twice/],
  [`{${deny}, "model": 5}`, 1, /model must be a text, not a number/],
  [`{${deny}, "env": "x"}`, 1, /env must be an object/],
  [`{${deny}, "sandbox": "on"}`, 1, /sandbox must be an object/],
  [`{${deny}, "disableAllHooks": "yes"}`, 1, /must be true or false/],
  [`{${deny}, "hooks": []}`, 1, /hooks must be an object/],
  [`{${deny}, "hooks": {"PreToolUse": {}}}`, 1, /hooks\.PreToolUse must be a list/],
  [`{"hooks": {"PreToolUse": [\n{"command": "guard"}]}}`, 2, /no list "hooks"/],
  [`{"hooks": {"PreToolUse": [{"hooks": [\n{"type": "command"}]}]}}`, 2, /no "command"/],
  [`{"hooks": {"PreToolUse": [{"matcher": 5, "hooks": []}]}}`, 1, /matcher must be a text/],
  [`{"hooks": {"PreToolUse": [{"hooks": [{"type": "command", "command": "x", "timeout": "5"}]}]}}`, 1, /timeout must be a number/],
  [`{"permissions": {\n"defaultMode": "strict"}}`, 2, /permissions\.defaultMode must be one of acceptEdits, .*, not "strict"$/],
  [`{"permissions": {"defaultMode": 5}}`, 1, /must be one of .*, not 5$/],
  [`{"permissions": {"disableBypassPermissionsMode": true}}`, 1, /must be one of disable, not true$/],
  [`{"hooks": {\n"PreToolUSe": []}}`, 2, /hooks\.PreToolUSe is not an event of Claude Code; write PreToolUse$/],
  [`{"hooks": {"BeforeTool": []}}`, 1, /hooks\.BeforeTool is not an event of Claude Code$/],
  [`{"hooks": {"Stop": [{"hooks": [\n{"type": "comand"}]}]}}`, 2, /type must be one of command, prompt, .*, not "comand"$/],
  [`{"hooks": {"Stop": [{"hooks": [{"type": "http"}]}]}}`, 1, /has no "url"$/],
  [`{${deny}, "sandbox": {\n"enabled": "yes"}}`, 2, /sandbox\.enabled must be true or false, not a text$/],
  [`{${deny},\n"enabledPlugins": []}`, 2, /enabledPlugins must be an object, not a list$/],
  [`{${deny},\n"statusLine": 5}`, 2, /statusLine must be an object, not a number$/],
  [`{${deny}, "statusLine": {"type": "command"}}`, 1, /statusLine has no "command"$/],
  [`{${deny}, "fallbackModel": "x"}`, 1, /fallbackModel must be a list/],
  [`{\n"deny": ["Bash(rm:*)"]}`, 2, /^deny is ignored; write permissions\.deny$/],
  [`{"allow": ["Bash"]}`, 1, /^allow is ignored; write permissions\.allow$/],
  [`{\n"permission": {"deny": []}}`, 2, /^permission is ignored; write permissions$/],
  [`{"defaultMode": "plan"}`, 1, /write permissions\.defaultMode$/],
  [`{"permissions": {"Deny": ["Bash(rm:*)"]}}`, 1, /^permissions\.Deny is ignored; write permissions\.deny$/],
  [`{"Hooks": {}}`, 1, /^Hooks is ignored; write hooks$/],
  [`{"PreToolUse": []}`, 1, /write hooks\.PreToolUse$/],
];

test("what disables rules of a settings file is found with its line", () => {
  for (const [content, line, said] of broken) {
    const [first, ...more] = settingsProblems(content);
    assert.deepEqual([first?.line, more], [line, []], content);
    assert.match(first?.problem ?? "", said, content);
  }
});

test("the events of hooks are those of the Agent SDK", () => {
  assert.deepEqual([...hookEvents].toSorted(), HOOK_EVENTS.toSorted());
});

test("settings that Claude Code accepts are not a problem", () => {
  const hook =
    '{"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "x", "timeout": 5}, {"type": "prompt", "prompt": "p"}]}]}}';
  const sound = [
    "",
    " \n",
    "{}",
    `{${deny}}`,
    `{"unknown": 1, "env": {"A": 1}, ${deny}}`,
    '{"permissions": {"allow": ["bash(", 5]}}',
    hook,
    '{"permissions": {"defaultMode": "plan"}, "sandbox": {"enabled": true}, "statusLine": {"type": "command", "command": "x"}}',
    '{"attribution": false, "theme": "dark", "mcpServers": {}, "hooks": {"Stop": [{"hooks": [{"type": "mcp_tool", "server": "s", "tool": "t"}]}]}}',
  ];
  for (const content of [...sound, '{"permissions": {"deny": ["mcp__github__*", "*", "WebFetch(domain:a.b)"]}}']) {
    assert.deepEqual(settingsProblems(content), [], content);
  }
});

test("a server of .mcp.json that would be left out silently is found", () => {
  assert.deepEqual(mcpProblems('{"mcpServers": {"a": {"command": "x", "args": []}, "b": {"type": "http", "url": "http://h"}}}'), []);
  assert.equal(mcpProblems('{"mcpServers": {\n"a": {"command": 5}}}')[0]?.line, 2);
  assert.match(mcpProblems('{"mcpServers": []}')[0]?.problem ?? "", /mcpServers must be an object/);
  assert.equal(mcpProblems('{"mcpServers": ').length, 1);
  const found = (text: string): string[] => mcpProblems(text).map(({ problem }) => problem);
  for (const sound of ["{}", '{"mcpServers": {}}', '{"mcpServers": {"a": {"type": "new", "any": 1}, "b": {"type": "ws", "url": ""}}}'])
    assert.deepEqual(found(sound), [], sound);
  assert.match(found('{"servers": {}}').join(), /no "mcpServers"/);
  for (const [server, problem] of [
    ['{"cmd": "x"}', /mcpServers\.a has no "command"$/],
    ['{"type": "stdio", "url": "http://h"}', /has no "command"$/],
    ['{"url": "http://h"}', /has no "command"; one with a "url" needs a "type"/],
    ['{"command": ""}', /command is empty/],
    ['{"type": "http", "command": "x"}', /has no "url"/],
    ["5", /must be an object/],
  ] as const) {
    assert.match(found(`{"mcpServers": {"a": ${server}}}`).join("|"), problem);
  }
});

test("any JSON of settings is read without an error", () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (json, at) => {
      const text = JSON.stringify(JSON.parse(json), null, 1);
      assert.ok(Array.isArray(settingsProblems(text)));
      const cut = text.slice(0, at % (text.length + 1));
      for (const { line } of settingsProblems(cut)) assert.ok(line !== null && line >= 1 && line <= cut.split("\n").length);
    }),
  );
});

test("the error of a task names each broken place on a line of its own", () => {
  assert.equal(brokenSettingsText(["/a, line 1: x", "/b: y"]).split("\n").slice(1, 3).join("|"), "  /a, line 1: x.|  /b: y.");
});

test("a hostile settings file costs no more than its length", () => {
  const hostile = (size: number): string => `{"hooks": {"${"n".repeat(size)}": [${"0,".repeat(size / 2)}0]}}`;
  const cost = (text: string): number => {
    const problems = settingsProblems(text);
    assert.equal(problems.length, 20);
    for (const { problem } of problems) assert.ok(problem.length < 400);
    return leastCpuMs(() => settingsProblems(text));
  };
  // 16 times as much: the square would be 256 times. Garbage collection can double or treble the
  // cost of the long text.
  const growth = cost(hostile(640_000)) / cost(hostile(40_000));
  assert.ok(growth < 100, `grew ${growth} times`);
});
