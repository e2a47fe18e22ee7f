/** `claude-worker claude`: the Claude Code that tasks run on, on the caller's terminal. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { repositoryRoot } from "../../testing/source-files.ts";
import { scratch } from "../../testing/scratch.ts";
import { until } from "../../testing/wait.ts";

const bin = path.join(repositoryRoot, "bin", "claude-worker");

test("the claude command passes on every word, the streams and the exit code", (t) => {
  const { env, work } = setup(t, `#!/bin/sh\nprintf '<%s>' "$@"; cat; echo problem >&2; exit 23\n`);
  const words = ["claude", "--json", "--help", "-p", "a b", "", "--", "-x"];
  const { stdout, stderr, status } = spawnSync(process.execPath, [bin, ...words], { cwd: work, env, input: "typed", encoding: "utf8" });
  assert.deepEqual([stdout, stderr, status], ["<--json><--help><-p><a b><><--><-x>typed", "problem\n", 23]);
});

test("the claude command runs the packaged Claude Code in the caller's directory", (t) => {
  const { env, work } = setup(t, null);
  const { stdout, status } = spawnSync(process.execPath, [bin, "claude", "--version"], { cwd: work, env, encoding: "utf8" });
  assert.match(stdout, /^\d+\.\d+\.\d+ \(Claude Code\)\n$/);
  assert.equal(status, 0);
});

test("the claude command passes on a signal and reports a death as a shell does", async (t) => {
  const { env, work, directory } = setup(t, `#!/bin/sh\necho $$ > "$PIDS"; exec sleep 600\n`);
  const pids = path.join(directory, "pid");
  const child = spawn(process.execPath, [bin, "claude"], { cwd: work, env: { ...env, PIDS: pids }, stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  const exited = once(child, "exit");
  await until("the start of Claude Code", () => isThere(pids));
  child.kill("SIGTERM");
  assert.deepEqual(await exited, [143, null]);
});

test("a Claude Code that does not start is one sentence and exit code 1", (t) => {
  const { env, work } = setup(t, null);
  const missing = { ...env, CLAUDE_WORKER_CLAUDE_EXECUTABLE: "/nowhere/claude" };
  const { stderr, status } = spawnSync(process.execPath, [bin, "claude"], { cwd: work, env: missing, encoding: "utf8" });
  assert.match(stderr, /^Error: \/nowhere\/claude does not start: .*ENOENT.*claude-worker doctor\n$/);
  assert.equal(status, 1);
});

/** @param script what stands in for Claude Code; null: the real one. */
function setup(t: TestContext, script: string | null): { env: Record<string, string>; work: string; directory: string } {
  const { file, home, work, directory } = scratch(t);
  const env: Record<string, string> = { PATH: process.env["PATH"] ?? "", HOME: home };
  if (script !== null) {
    env["CLAUDE_WORKER_CLAUDE_EXECUTABLE"] = file("claude", script);
    chmodSync(env["CLAUDE_WORKER_CLAUDE_EXECUTABLE"], 0o755);
  }
  return { env, work, directory };
}

function isThere(file: string): boolean {
  try {
    return readFileSync(file, "utf8").endsWith("\n");
  } catch {
    return false;
  }
}
