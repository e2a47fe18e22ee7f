import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { describeBroken } from "../../src/config/broken-file.ts";
import { brokenSettings } from "../../src/config/claude-settings-files.ts";
import { scratch } from "../../testing/scratch.ts";

const bad = '{\n"permissions": ';

function setup(t: TestContext) {
  const { work, home } = scratch(t);
  const put = (file: string, content: string | Buffer): string => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  const filesFor = (directory: string, env: Record<string, string> = { HOME: home }): string[] =>
    brokenSettings(directory, env).map(({ file }) => file);
  const git = (...words: string[]): void => void execFileSync("git", ["-C", work, "-c", "user.name=n", "-c", "user.email=a@b", ...words]);
  return { work, home, put, filesFor, git };
}

test("the settings files that count are those that Claude Code reads", (t) => {
  const { work, home, put, filesFor, git } = setup(t);
  git("init", "-q");
  const below = path.join(work, "a", "b");
  mkdirSync(below, { recursive: true });
  const read = [
    put(path.join(home, ".claude", "settings.json"), bad),
    put(path.join(below, ".claude", "settings.json"), bad),
    put(path.join(below, ".claude", "settings.local.json"), bad),
    put(path.join(work, ".claude", "settings.local.json"), bad),
    put(path.join(work, "a", ".mcp.json"), bad),
  ];
  // Not read from there.
  for (const file of ["a/.claude/settings.json", ".claude/settings.json", "a/.claude/settings.local.json"]) put(path.join(work, file), bad);
  put(path.join(home, ".claude", "settings.local.json"), bad);
  assert.deepEqual(filesFor(below).toSorted(), read.toSorted());
  const other = put(path.join(work, "config", "settings.json"), bad);
  assert.ok(filesFor(below, { HOME: home, CLAUDE_CONFIG_DIR: path.dirname(other) }).includes(other));
});

test("a worktree has the local settings of the checkout that it belongs to", (t) => {
  const { work, put, filesFor, git } = setup(t);
  git("init", "-q");
  git("commit", "-q", "--allow-empty", "-m", "x");
  const tree = path.join(path.dirname(work), "tree");
  git("worktree", "add", "-q", tree);
  const local = put(path.join(work, ".claude", "settings.local.json"), bad);
  put(path.join(work, ".claude", "settings.json"), bad);
  assert.deepEqual(filesFor(tree), [local]);
});

test("a file that cannot be read is broken, one that is not there or empty is not", (t) => {
  const { work, home, put } = setup(t);
  const file = path.join(work, ".claude", "settings.json");
  const said = (directory = work): string[] => brokenSettings(directory, { HOME: home }).map(describeBroken);
  assert.deepEqual(said(), []);
  put(file, "");
  assert.deepEqual(said(), []);
  put(file, Buffer.from("\u{FEFF}{}", "utf16le"));
  assert.deepEqual(said(), []);
  put(file, "\u{FEFF}{}");
  assert.deepEqual(said(), []);
  put(file, bad);
  assert.match(said().join("\n"), /settings\.json, line 2: is not valid JSON: Unexpected end of JSON input$/);
  put(file, JSON.stringify({ x: "y".repeat(2 * 1024 * 1024) }));
  assert.deepEqual(said(), [`${file}: is larger than 2 MB`]);
  const [fifo, link, directory, plain] = ["fifo", "link", "directory", "plain"].map((name) => path.join(work, name));
  for (const each of [fifo, link, directory]) mkdirSync(path.join(each ?? "", ".claude"), { recursive: true });
  execFileSync("mkfifo", [path.join(fifo ?? "", ".claude", "settings.json")]);
  symlinkSync("/not/there", path.join(link ?? "", ".claude", "settings.json"));
  mkdirSync(path.join(directory ?? "", ".claude", "settings.json"));
  put(path.join(plain ?? "", ".claude"), "");
  assert.match(said(fifo).join(), /not a regular file$/);
  assert.match(said(link).join(), /a link to a file that is not there$/);
  assert.match(said(directory).join(), /is a directory$/);
  assert.match(said(plain).join(), /ENOTDIR/);
});

test("a FIFO, a device, a huge or a deep file of others is judged without waiting", { timeout: 60_000 }, (t) => {
  const { work, home, put } = setup(t);
  const said = (): string[] => brokenSettings(work, { HOME: home }).map(describeBroken);
  const gitFile = path.join(work, ".git");
  execFileSync("mkfifo", [gitFile]);
  assert.deepEqual(said(), []);
  rmSync(gitFile);
  symlinkSync("/dev/zero", gitFile);
  assert.deepEqual(said(), []);
  rmSync(gitFile);
  put(gitFile, `gitdir: ${path.join(work, "entry")}\n`);
  mkdirSync(path.join(work, "entry"));
  execFileSync("mkfifo", [path.join(work, "entry", "commondir")]);
  assert.deepEqual(said(), []);
  symlinkSync("/dev/zero", path.join(work, ".mcp.json"));
  put(path.join(work, ".claude", "settings.json"), '{"x":'.repeat(60_000));
  assert.match(said().join("\n"), /settings\.json: is nested more than 64 levels deep\n.*\.mcp\.json: is not a regular file$/);
});
