import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { scratch } from "../../testing/scratch.ts";
import { until } from "../../testing/wait.ts";

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
    call: async (...words: string[]): Promise<string> => (await run(process.execPath, [bin, ...words], { env, timeout: 500_000 })).stdout,
  };
}

test("the compile cache is kept in the user's cache directory only", async (t) => {
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

test("the compile cache is used while it fits and replaced when it does not", async (t) => {
  const { call, cache } = setup(t);
  const version = await call("--version");
  const file = path.join(cache, "other.compiled");
  const first = readFileSync(file);
  const { ino } = statSync(file);
  assert.equal(await call("--version"), version);
  assert.equal(statSync(file).ino, ino, "taken: nothing was written");
  const zeroed = Buffer.from(first).fill(0, 40_960, 45_056);
  const others = {
    "of another file": Buffer.from(first.toString("latin1").replace(/[0-9a-f]{64}/, "0".repeat(64)), "latin1"),
    "cut off": first.subarray(0, Math.round(first.length / 2)),
    "a page missing": zeroed,
    "no code at all": first.subarray(0, 256),
    empty: Buffer.alloc(0),
  };
  for (const [what, bytes] of Object.entries(others)) {
    writeFileSync(file, bytes);
    assert.equal(await call("--version"), version, what);
    assert.notDeepEqual(readFileSync(file), bytes, what);
    assert.ok(readFileSync(file).length > 10_000, what);
  }
  chmodSync(file, 0o666);
  assert.equal(await call("--version"), version);
  assert.equal(statSync(file).mode & 0o777, 0o600, "what others could have written is not taken");
});

test("a call for help leaves no code cache", async (t) => {
  const { call, kept } = setup(t);
  for (const words of [
    ["run", "--help"],
    ["list", "-h"],
  ])
    assert.match(await call(...words), /Usage/i);
  assert.deepEqual(kept(), []);
});

test("a call that fails leaves nothing in the compile cache", async (t) => {
  const { call, kept } = setup(t);
  for (const word of ["nosuchcommand", "../../etc", "", "a".repeat(5_000)]) await assert.rejects(call(word), { code: 2 });
  assert.deepEqual(kept(), []);
});

test("values that are set at the same time are all kept", async (t) => {
  const { call, directory } = setup(t);
  const values = { workers: 8, warm: 2, keep_days: 9, port: 8123, stop_grace_ms: 4000, model: "opus" };
  const file = (await call("config", "path")).trim();
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.lock`, "left over");
  await Promise.all(Object.entries(values).map(async ([key, value]) => await call("config", "set", key, String(value))));
  assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), values);
  assert.deepEqual(readdirSync(path.dirname(file)), [path.basename(file)]);
  assert.equal(existsSync(path.join(directory, "data")), false);
});

test("the output of a call arrives whole although its process exits at once", async () => {
  const program = `
    const { processIo } = await import(${JSON.stringify(new URL("../../src/cli/terminal/io.ts", import.meta.url).href)});
    const io = processIo(process);
    for (const output of [io.stdout, io.stderr]) output.write("x".repeat(3_000_000));
    await io.written();
    process.exit(0);`;
  // The reader begins only when the pipe has been full for a while.
  const slowly = `"$0" --input-type=module -e "$1" 2>&1 | (sleep 0.2; wc -c)`;
  const { stdout } = await run("/bin/sh", ["-c", slowly, process.execPath, program]);
  assert.equal(Number(stdout), 6_000_000);
});

test("a call whose output cannot be written fails, and says why", { skip: !existsSync("/dev/full") && "no /dev/full" }, async () => {
  for (const words of ["--version", "--help", "config list"]) {
    await assert.rejects(
      run("/bin/sh", ["-c", `"$0" "$1" ${words} >/dev/full`, process.execPath, bin]),
      { code: 1, stderr: /^Error: The output cannot be written \(ENOSPC: .+\n$/ },
      words,
    );
  }
});

test("a server in the foreground and a server's https address print no warning", async (t) => {
  const { home, directory } = scratch(t);
  const env = { PATH: process.env["PATH"], HOME: home, CLAUDE_WORKER_HOME: path.join(directory, "data"), CLAUDE_WORKER_PORT: "0" };
  const server = spawn(process.execPath, [bin, "server", "start", "--foreground", "--warm", "0"], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => server.kill("SIGKILL"));
  const exited = once(server, "exit");
  let said = "";
  for (const stream of [server.stdout, server.stderr]) stream.setEncoding("utf8").on("data", (part: string) => (said += part));
  await until("an answer", () =>
    run(process.execPath, [bin, "server", "health"], { env }).then(
      () => true,
      () => null,
    ),
  );
  server.kill("SIGTERM");
  assert.deepEqual(await exited, [0, null]);
  assert.doesNotMatch(said, /Warning/);
  const remote = run(process.execPath, [bin, "list"], {
    env: { ...env, CLAUDE_WORKER_SERVER_URL: "https://127.0.0.1:9", CLAUDE_WORKER_TOKEN: "x" },
  });
  await assert.rejects(remote, (error: { stderr: string }) => !error.stderr.includes("Warning") && error.stderr.includes("127.0.0.1:9"));
});

test("the command line starts where no compile cache can be kept", async () => {
  for (const env of [{ HOME: "/proc/nothing" }, { HOME: "/nonexistent", XDG_CACHE_HOME: "/dev/null" }, { XDG_CACHE_HOME: "here" }, {}]) {
    const { stdout, stderr } = await run(process.execPath, [bin, "--version"], { env, timeout: 500_000 });
    assert.match(stdout, /^claude-worker \d/);
    assert.equal(stderr, "");
  }
});
