import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { describeBroken } from "../../src/config/broken-file.ts";
import { brokenSettings } from "../../src/config/claude-settings-files.ts";
import type { JsonOption } from "../../src/domain/task/option-json.ts";
import { scratch } from "../../testing/scratch.ts";

const guard = [{ matcher: "Bash", hooks: [{ type: "command", command: "exit 2" }] }];
const sound = JSON.stringify({ hooks: { PreToolUse: guard } });

/** Plugins as Claude Code 2.1.332 records them: `far` from elsewhere, `near` of a directory. */
function setup(t: TestContext) {
  const { directory, work, home, file } = scratch(t);
  const put = (name: string, value: unknown): string => file(name, typeof value === "string" ? value : JSON.stringify(value));
  const cache = "home/.claude/plugins/cache";
  const entry = (name: string, more: object = {}) => [{ scope: "user", installPath: path.join(directory, cache, name), ...more }];
  put("home/.claude/settings.json", { enabledPlugins: { "p@far": true, "p@near": true, "off@far": false, "gone@far": true } });
  put("home/.claude/plugins/known_marketplaces.json", {
    far: { source: { source: "github", repo: "a/b" }, installLocation: path.join(home, ".claude/plugins/marketplaces/far") },
    near: { source: { source: "directory", path: path.join(directory, "near") }, installLocation: path.join(directory, "near") },
  });
  put("home/.claude/plugins/installed_plugins.json", {
    version: 2,
    plugins: {
      "p@far": entry("far/p"),
      "p@near": entry("near/p"),
      "off@far": entry("far/off"),
      "other@far": entry("far/other", { projectPath: "/other" }),
    },
  });
  put("near/.claude-plugin/marketplace.json", { name: "near", plugins: [{ name: "p", source: "./p" }] });
  for (const place of ["near/p", `${cache}/far/p`]) {
    put(`${place}/.claude-plugin/plugin.json`, { name: "p" });
    put(`${place}/hooks/hooks.json`, sound);
  }
  const said = (own: JsonOption | null = null): string[] =>
    brokenSettings(work, { HOME: home }, own).map((each) => describeBroken(each).replaceAll(`${directory}/`, ""));
  return { put, said, cache };
}

test("sound plugins, plugins that are off and copies that are not read stop nothing", (t) => {
  const { put, said, cache } = setup(t);
  put(`${cache}/far/off/hooks/hooks.json`, "{");
  put(`${cache}/near/p/hooks/hooks.json`, "{");
  put("home/.claude/plugins/installed_plugins_old.json", "{");
  assert.deepEqual(said(), []);
});

/** [file, content, what is said of it]. */
const broken: readonly (readonly [string, unknown, RegExp])[] = [
  ["near/p/hooks/hooks.json", '{"hooks": {\n"PreToolUse": [],}}', /^near\/p\/hooks\/hooks\.json, line 2: is not valid JSON/],
  ["CACHE/far/p/hooks/hooks.json", "", /hooks\.json: is empty$/],
  ["CACHE/far/p/hooks/hooks.json", { PreToolUse: guard }, /hooks\.json, line 1: the file has no "hooks"/],
  ["CACHE/far/p/hooks/hooks.json", { hooks: { PreToolUse: [{ command: "x" }] } }, /has no list "hooks"$/],
  ["CACHE/far/p/.claude-plugin/plugin.json", '{\n"name": "p",\n}', /plugin\.json, line 3: is not valid JSON/],
  [
    "near/p/.claude-plugin/plugin.json",
    { name: "p", hooks: { hooks: { PreToolUse: guard } } },
    /hooks\.hooks must be a list, not an object$/,
  ],
  ["near/p/.claude-plugin/plugin.json", { name: "p", hooks: ["./no.json"] }, /names the hooks file near\/p\/no\.json, which is not there$/],
  ["near/p/.mcp.json", "{", /\.mcp\.json, line 1: is not valid JSON/],
  ["near/.claude-plugin/marketplace.json", '{"plugins": [],}', /marketplace\.json, line 1: is not valid JSON/],
  ["home/.claude/plugins/known_marketplaces.json", "{", /known_marketplaces\.json, line 1: is not valid JSON/],
  ["home/.claude/plugins/installed_plugins.json", "{", /installed_plugins\.json, line 1: is not valid JSON/],
];

for (const [name, content, words] of broken)
  test(`an enabled plugin is broken: ${words.source}`, (t) => {
    const { put, said, cache } = setup(t);
    put(name.replace("CACHE", cache), content);
    const all = said();
    assert.deepEqual([all.length, words.test(all[0] ?? "")], [1, true], all.join("\n"));
  });

test("the hooks files that a plugin names are read, and the project's settings count", (t) => {
  const { put, said } = setup(t);
  put("near/p/.claude-plugin/plugin.json", { name: "p", hooks: ["./a.json", { PreToolUse: guard }] });
  put("near/p/a.json", sound);
  assert.deepEqual(said(), []);
  put("near/p/a.json", "{");
  assert.match(said().join("\n"), /^near\/p\/a\.json, line 1: /);
  put("work/.claude/settings.json", { enabledPlugins: { "p@near": false } });
  assert.deepEqual(said(), []);
});

test("plugins that the task's own settings turn on or off are looked at", (t) => {
  const { put, said, cache } = setup(t);
  put(`${cache}/far/off/hooks/hooks.json`, "{");
  assert.match(said({ enabledPlugins: { "off@far": true } }).join("\n"), /far\/off\/hooks\/hooks\.json, line 1: is not valid JSON[^\n]*$/);
  put("near/p/hooks/hooks.json", "{");
  assert.equal(said().length, 1);
  assert.deepEqual(said({ enabledPlugins: { "p@near": false } }), []);
});

for (const [what, skills] of [
  ["of the user", "home/.claude/skills"],
  ["of the directory", "work/.claude/skills"],
] as const)
  test(`a folder among the skills ${what} is a plugin that is on by itself`, (t) => {
    const { put, said } = setup(t);
    put(`${skills}/guard/.claude-plugin/plugin.json`, { name: "named" });
    put(`${skills}/guard/hooks/hooks.json`, sound);
    put(`${skills}/plain/SKILL.md`, "# a skill");
    put(`${skills}/plain/hooks/hooks.json`, "{");
    put(`${skills}/.hidden/.claude-plugin/plugin.json`, "{");
    put(`${skills}/a-file`, "x");
    assert.deepEqual(said(), []);
    put(`${skills}/guard/hooks/hooks.json`, "{");
    assert.match(said().join("\n"), new RegExp(`^${skills.replaceAll(".", String.raw`\.`)}/guard/hooks/hooks\\.json, line 1: [^\n]*$`));
    assert.equal(said({ enabledPlugins: { "guard@skills-dir": false } }).length, 1, "its name is that in the manifest");
    assert.deepEqual(said({ enabledPlugins: { "named@skills-dir": false } }), []);
    put(`${skills}/guard/.claude-plugin/plugin.json`, "{");
    assert.match(said()[0] ?? "", /guard\/\.claude-plugin\/plugin\.json, line 1: is not valid JSON/);
    assert.deepEqual(said({ enabledPlugins: { "guard@skills-dir": false } }), []);
  });
