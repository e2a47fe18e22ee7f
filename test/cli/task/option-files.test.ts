/** Flags whose value is a file: what is read, and what is refused with which sentence. */
import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { withServer } from "../setup.ts";

test("--settings and --mcp-config take a file or JSON", async (t) => {
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

/** One pixel. */
const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

test("--file gives images by their content, and show names them", async (t) => {
  const { call, api, place } = await withServer(t);
  writeFileSync(path.join(place.work, "shot.jpg"), Buffer.from(dot, "base64"));
  assert.equal((await call(["run", "what is it", "-f", "shot.jpg"])).code, 0);
  const { attachments } = await api.getTask({ id: 1 });
  assert.deepEqual(attachments, [{ name: "shot.jpg", media_type: "image/png", bytes: 70 }]);
  assert.match((await call(["show", "1"])).stdout, /Images +shot\.jpg \(1 KB\)/);
});

test("a file that is not an image, or too large, is refused", async (t) => {
  const { call, place } = await withServer(t);
  const put = (name: string, content: Buffer | string): void => writeFileSync(path.join(place.work, name), content);
  put("notes.txt", "just text");
  put("empty.png", "");
  put("large.png", Buffer.concat([Buffer.from(dot, "base64"), Buffer.alloc(5 * 1024 * 1024)]));
  put("big.png", Buffer.concat([Buffer.from(dot, "base64"), Buffer.alloc(4 * 1024 * 1024)]));
  const cases: [string[], RegExp][] = [
    [["-f", "none.png"], /--file: there is no file none\.png\./],
    [["-f", "notes.txt"], /--file: notes\.txt is not a PNG, JPEG, GIF or WebP image\. Name other files in the prompt/],
    [["-f", "empty.png"], /--file: empty\.png is empty\./],
    [["-f", "large.png"], /--file: large\.png is larger than 5 MB\. Make it smaller\./],
    [["-f", "big.png", "-f", "big.png", "-f", "big.png"], /--file: The images of a task may have 10 MB together/],
    [["-f", "."], /--file: \. is a directory\./],
  ];
  for (const [flags, sentence] of cases) {
    const { code, stderr } = await call(["run", "x", ...flags]);
    assert.equal(code, 2, flags.join(" "));
    assert.match(stderr.replaceAll(/\s+/g, " "), sentence);
  }
});
