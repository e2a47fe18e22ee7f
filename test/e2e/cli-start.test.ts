import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { scratch } from "../support/scratch.ts";

const bin = fileURLToPath(new URL("../../bin/claude-worker", import.meta.url));
const run = promisify(execFile);

test("the compiled command line is kept in the user's cache, and nowhere else", async (t) => {
  const { home, directory } = scratch(t);
  const env = { HOME: home, TMPDIR: directory, CLAUDE_WORKER_HOME: path.join(directory, "data") };
  const { stdout } = await run(process.execPath, [bin, "--version"], { env });
  assert.match(stdout, /^claude-worker \d/);
  assert.ok(existsSync(path.join(home, ".cache", "claude-worker")));
  assert.equal(existsSync(path.join(directory, "node-compile-cache")), false);
  assert.equal(existsSync(path.join(directory, "data")), false);
  assert.equal((await run(process.execPath, [bin, "--version"], { env })).stdout, stdout);
});

test("it starts where no cache can be kept", async () => {
  for (const env of [{ HOME: "/proc/nothing" }, { HOME: "/nonexistent", XDG_CACHE_HOME: "/dev/null" }, {}]) {
    const { stdout, stderr } = await run(process.execPath, [bin, "--version"], { env, timeout: 60_000 });
    assert.match(stdout, /^claude-worker \d/);
    assert.equal(stderr, "");
  }
});
