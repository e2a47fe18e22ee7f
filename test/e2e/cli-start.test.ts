import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { scratch } from "../support/scratch.ts";

const bin = fileURLToPath(new URL("../../bin/claude-worker", import.meta.url));
const run = promisify(execFile);

function setup(t: TestContext) {
  const { home, directory } = scratch(t);
  const env = { HOME: home, TMPDIR: directory, CLAUDE_WORKER_HOME: path.join(directory, "data") };
  const cache = path.join(home, ".cache", "claude-worker");
  return {
    directory,
    cache,
    kept: (): string[] => (existsSync(cache) ? readdirSync(cache).toSorted() : []),
    call: async (...words: string[]): Promise<string> => (await run(process.execPath, [bin, ...words], { env, timeout: 60_000 })).stdout,
  };
}

test("what was compiled is kept in the user's cache, for each command, and nowhere else", async (t) => {
  const { call, kept, cache, directory } = setup(t);
  const version = await call("--version");
  assert.match(version, /^claude-worker \d/);
  await call("config", "path");
  assert.deepEqual(kept(), ["config.compiled", "other.compiled"]);
  assert.equal(statSync(cache).mode & 0o777, 0o700);
  assert.equal(statSync(path.join(cache, "other.compiled")).mode & 0o777, 0o600);
  assert.equal(existsSync(path.join(directory, "node-compile-cache")), false);
  assert.equal(existsSync(path.join(directory, "data")), false);
  assert.equal(await call("--version"), version);
});

test("what was compiled is taken as long as it fits, and replaced when it does not", async (t) => {
  const { call, cache } = setup(t);
  const version = await call("--version");
  const file = path.join(cache, "other.compiled");
  const first = readFileSync(file);
  const lineEnd = first.indexOf("\n") + 1;
  const { ino } = statSync(file);
  assert.equal(await call("--version"), version);
  assert.equal(statSync(file).ino, ino, "taken: nothing was written");
  const others = {
    "of another file": Buffer.concat([Buffer.from("[]\n"), first.subarray(lineEnd)]),
    "cut off": first.subarray(0, Math.round(first.length / 2)),
    "no code at all": Buffer.concat([first.subarray(0, lineEnd), Buffer.alloc(1000)]),
    empty: Buffer.alloc(0),
  };
  for (const [what, bytes] of Object.entries(others)) {
    writeFileSync(file, bytes);
    assert.equal(await call("--version"), version, what);
    assert.deepEqual(readFileSync(file).subarray(0, lineEnd), first.subarray(0, lineEnd), what);
    assert.ok(readFileSync(file).length > lineEnd + 10_000, what);
  }
});

test("a call that fails leaves nothing behind, whatever its first word is", async (t) => {
  const { call, kept } = setup(t);
  for (const word of ["nosuchcommand", "../../etc", "", "a".repeat(5_000)]) await assert.rejects(call(word), { code: 2 });
  assert.deepEqual(kept(), []);
});

test("what a call has written arrives whole although its process leaves at once", async () => {
  const program = `
    const { processIo } = await import(${JSON.stringify(new URL("../../src/cli/io.ts", import.meta.url).href)});
    const io = processIo(process);
    for (const output of [io.stdout, io.stderr]) output.write("x".repeat(3_000_000));
    await io.written();
    process.exit(0);`;
  const slowly = `"$0" --input-type=module -e "$1" 2>&1 | (sleep 0.2; wc -c)`;
  const { stdout } = await run("/bin/sh", ["-c", slowly, process.execPath, program]);
  assert.equal(Number(stdout), 6_000_000);
});

test("it starts where no cache can be kept", async () => {
  for (const env of [{ HOME: "/proc/nothing" }, { HOME: "/nonexistent", XDG_CACHE_HOME: "/dev/null" }, {}]) {
    const { stdout, stderr } = await run(process.execPath, [bin, "--version"], { env, timeout: 60_000 });
    assert.match(stdout, /^claude-worker \d/);
    assert.equal(stderr, "");
  }
});
