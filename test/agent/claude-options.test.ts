import assert from "node:assert/strict";
import { test } from "node:test";
import { claimOptions, coldOptions } from "../../src/agent/claude-options.ts";
import type { FilesAbove } from "../../src/config/files-above.ts";
import { plainSpec } from "../../testing/plain-task.ts";
import { scratch } from "../../testing/scratch.ts";

const nothingAbove: FilesAbove = {
  directories: [],
  open: [],
  isReplaceable: false,
  hasForeign: false,
  excluded: [],
  mcpFiles: null,
  localSettings: [],
  refused: null,
};
/** The options, whichever a task needs. */
const cold = (...input: Parameters<typeof coldOptions>): Record<string, unknown> => coldOptions(...input);
const claim = (...input: Parameters<typeof claimOptions>): Record<string, unknown> => claimOptions(...input);
const spec = (more: Partial<Parameters<typeof plainSpec>[0]> = {}) => plainSpec({ prompt: "p", workingDirectory: "/w", ...more });

test("a plain task starts Claude Code with its directory and mode only", () => {
  const { permissionMode } = spec();
  assert.deepEqual(claim(spec()), { cwd: "/w", permissionMode });
  assert.deepEqual(cold(spec(), nothingAbove, {}), {
    cwd: "/w",
    permissionMode,
    systemPrompt: { type: "preset", preset: "claude_code" },
    settingsDelivery: "initialize",
  });
});

test("a parked Claude Code gets a task's rules, model and system prompt with the claim", () => {
  const more = { allow: ["Bash(ls)"], effort: "high", model: "opus", systemPrompt: "Be brief." } as const;
  const options = claim(spec(more));
  assert.deepEqual([options["model"], options["appendSystemPrompt"]], ["opus", "Be brief."]);
  assert.match(JSON.stringify(options["settings"]), /Bash\(ls\).*high/);
});

test("a task's own MCP servers come on top of those that the project's files define", (t) => {
  const { work, file } = scratch(t);
  const mcpConfig = { mcpServers: { own: { command: "x", args: ["${KEY}"] } } };
  const given = spec({ workingDirectory: work, mcpConfig });
  const own = { own: { command: "x", args: ["filled"] } };
  const plain = cold(given, nothingAbove, { KEY: "filled" });
  assert.deepEqual([plain["strictMcpConfig"], plain["mcpServers"]], [undefined, own]);
  const project = { command: "y" };
  const allowed = file("work/.mcp.json", JSON.stringify({ mcpServers: { project } }));
  file("home/.claude.json", "{}");
  const strict = cold(given, { ...nothingAbove, mcpFiles: [allowed] }, { KEY: "filled", HOME: `${work}/../home` });
  assert.equal(strict["strictMcpConfig"], true);
  assert.deepEqual(strict["mcpServers"], { project, ...own });
});

test("rules join a task's own settings, and other users' files are left out", () => {
  const settings = { model: "m", permissions: { allow: ["A"], ask: ["B"] }, claudeMdExcludes: ["x"] };
  const options = cold(spec({ settings, allow: ["C"], deny: ["D"] }), { ...nothingAbove, excluded: ["y"] }, {});
  assert.deepEqual(options["settings"], {
    model: "m",
    permissions: { allow: ["A", "C"], ask: ["B"], deny: ["D"] },
    claudeMdExcludes: ["x", "y"],
  });
});
