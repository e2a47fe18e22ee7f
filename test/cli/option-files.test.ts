/** Flags whose value is a file: what is read, and what is refused with which sentence. */
import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { withServer } from "./setup.ts";

test("--settings and --mcp-config take a file or JSON; several files of servers become one", async (t) => {
  const { call, api, place } = await withServer(t);
  writeFileSync(path.join(place.work, "s.json"), '{"env": {"A": "b"}, "includeCoAuthoredBy": false}');
  writeFileSync(path.join(place.work, "m.json"), '{"mcpServers": {"one": {"command": "x"}}}');
  const words = ["run", "x", "--settings", "s.json", "--mcp-config", "m.json", "--mcp-config", '{"mcpServers": {"two": {"command": "y"}}}'];
  assert.equal((await call(words)).code, 0);
  const { settings, mcp_config } = await api.getTask({ id: 1 });
  assert.deepEqual(
    [settings, mcp_config],
    [
      ["env", "includeCoAuthoredBy"],
      ["one", "two"],
    ],
  );
  const { stdout } = await call(["show", "1"]);
  assert.match(stdout, /Settings +env, includeCoAuthoredBy \(--settings\)/);
  assert.match(stdout, /MCP servers +one, two/);
});

test("a file that is missing, broken or another user's is refused with what is wrong", async (t) => {
  const { call, place } = await withServer(t);
  const file = (name: string, text: string): string => {
    const at = path.join(place.work, name);
    writeFileSync(at, text);
    return at;
  };
  file("broken.json", '{\n  "env": {\n}');
  file("deny.json", '{"permissions": {"deny": "Bash"}}');
  file("servers.json", '{"mcpServers": {"db": {"url": "http://x"}}}');
  chmodSync(file("open.json", "{}"), 0o666);
  const cases: [string[], RegExp][] = [
    [["--settings", "none.json"], /--settings: there is no file .*none\.json\. Give a file, or JSON that begins with \{\./],
    [["--settings", "broken.json"], /--settings: broken\.json, line 3: is not valid JSON: /],
    [["--settings", "deny.json"], /--settings: deny\.json, line 1: permissions\.deny must be a list, not a text\./],
    [["--settings", '{"env": []}'], /--settings: line 1: env must be an object, not a list\./],
    [
      ["--settings", "open.json"],
      /--settings: Other users can write to .*open\.json \(mode 0666\), so it is not used\. Fix it: chmod go-w/,
    ],
    [["--settings", "."], /--settings: .* is a directory\./],
    [["--settings", ""], /--settings must not be empty/],
    [["--mcp-config", "servers.json"], /--mcp-config: servers\.json, line 1: mcpServers\.db has no "command"/],
    [["--mcp-config", '{"servers": {}}'], /--mcp-config: line 1: the file has no "mcpServers"/],
  ];
  for (const [flags, sentence] of cases) {
    const { code, stderr } = await call(["run", "x", ...flags]);
    assert.equal(code, 2, flags.join(" "));
    assert.match(stderr.replaceAll(/\s+/g, " "), sentence);
  }
});

test("settings of another user are refused", { skip: process.getuid?.() !== 0 }, async (t) => {
  const { call, place } = await withServer(t);
  const folder = path.join(place.work, "theirs");
  mkdirSync(folder);
  writeFileSync(path.join(folder, "s.json"), "{}");
  chownSync(path.join(folder, "s.json"), 4242, 4242);
  const { code, stderr } = await call(["run", "x", "--settings", "theirs/s.json"]);
  assert.equal(code, 2);
  assert.match(stderr.replaceAll(/\s+/g, " "), /--settings: .*s\.json belongs to another user \(uid 4242\), so it is not used/);
});
