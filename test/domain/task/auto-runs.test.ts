import assert from "node:assert/strict";
import { test } from "node:test";
import { autoRunsIn, joinedRuns, unseenRuns, unseenSentence } from "../../../src/domain/task/auto-runs.ts";
import type { SeenRun } from "../../../src/domain/task/auto-runs.ts";

const settings = (json: unknown): string[] => autoRunsIn(".claude/settings.json", JSON.stringify(json)).map(({ what }) => what);

test("hooks, helpers, plugins, variables and servers run by themselves", () => {
  const hooks = {
    PreToolUse: [
      {
        matcher: "Bash",
        hooks: [
          { type: "command", command: "./check.sh" },
          { type: "prompt", prompt: "Is it safe?" },
        ],
      },
    ],
    Stop: [{ hooks: [{ type: "http", url: "https://x.example/hook" }] }],
  };
  assert.deepEqual(
    settings({
      hooks,
      env: { NODE_OPTIONS: "--require ./x.js" },
      apiKeyHelper: "./key.sh",
      statusLine: { type: "command", command: "./line" },
      enabledPlugins: { "a@b": true },
    }),
    [
      ".claude/settings.json: hook PreToolUse (Bash): ./check.sh",
      ".claude/settings.json: hook PreToolUse (Bash): Is it safe?",
      ".claude/settings.json: hook Stop: https://x.example/hook",
      ".claude/settings.json: variable NODE_OPTIONS",
      ".claude/settings.json: apiKeyHelper: ./key.sh",
      ".claude/settings.json: statusLine: ./line",
      ".claude/settings.json: enabledPlugins: a@b",
    ],
  );
  const servers = { mcpServers: { one: { command: "npx", args: ["--token", "abc"] }, two: { url: "https://user:pw@mcp.example/x" } } };
  assert.deepEqual(
    autoRunsIn(".mcp.json", JSON.stringify(servers)).map(({ what }) => what),
    [".mcp.json: MCP server one (npx)", ".mcp.json: MCP server two (mcp.example)"],
    "no secret is shown",
  );
});

test("permissions, a model and what cannot be read run nothing", () => {
  assert.deepEqual(settings({ permissions: { allow: ["Bash"] }, model: "opus", hooks: {}, env: {} }), []);
  for (const odd of ["", "[", "[]", "null", '{"hooks":[1]}', '{"hooks":{"Stop":{}}}', '{"env":"x"}'])
    assert.deepEqual(autoRunsIn(".claude/settings.json", odd), [], odd);
  assert.deepEqual(autoRunsIn(".mcp.json", '{"mcpServers":[]}'), []);
});

test("another order of keys is no difference, another value is", () => {
  const contents = (text: string): string[] => autoRunsIn(".mcp.json", text).map(({ content }) => content);
  const one = contents('{"mcpServers":{"x":{"command":"npx","env":{"A":"1","B":"2"}}}}');
  assert.deepEqual(contents('{"mcpServers":{"x":{"env":{"B":"2","A":"1"},"command":"npx"}}}'), one);
  assert.notDeepEqual(contents('{"mcpServers":{"x":{"command":"npx","env":{"A":"1","B":"3"}}}}'), one);
});

test("what was seen once is not asked about again", () => {
  const run = (what: string, digest: string): SeenRun => ({ what, digest });
  const seen = [run("a", "1"), run("b", "1")];
  assert.deepEqual(unseenRuns(seen, [run("b", "1")]), [], "what is gone runs no more");
  const unseen = unseenRuns(seen, [run("a", "2"), run("c", "1")]);
  assert.deepEqual(unseen, [
    { isNew: false, what: "a" },
    { isNew: true, what: "c" },
  ]);
  assert.match(unseenSentence("/p", unseen), /^What runs by itself in \/p has changed since .*: changed: a; new: c\. .* trust add \/p$/);
  const joined = joinedRuns(seen, [run("a", "2"), run("c", "1"), run("a", "1")]);
  assert.equal(joined.length, 4);
  assert.deepEqual(unseenRuns(joined, [run("a", "1"), run("a", "2")]), []);
  const many = unseenRuns(
    [],
    Array.from({ length: 12 }, (_, n) => run(`x${n}`, "1")),
  );
  assert.match(unseenSentence("/p", many), /new: x9; and 2 more\./);
});
