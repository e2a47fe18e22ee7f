import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { Check } from "../../src/cli/doctor/check.ts";
import { checkClaudeCode } from "../../src/cli/doctor/claude-code.ts";
import { checkCredentials } from "../../src/cli/doctor/credentials.ts";
import { checkDatabase } from "../../src/cli/doctor/database.ts";
import { checkGit } from "../../src/cli/doctor/git.ts";
import { checkMirrors } from "../../src/cli/doctor/mirrors.ts";
import { checkDirectories, checkFreeSpace } from "../../src/cli/doctor/directories.ts";
import { checkNode } from "../../src/cli/doctor/node.ts";
import { checkSandbox } from "../../src/cli/doctor/sandbox.ts";
import { checkServer } from "../../src/cli/doctor/server.ts";
import { ownBinary } from "../../src/config/own-claude.ts";
import { pathsFrom } from "../../src/config/paths.ts";
import { WorkerClient } from "../../src/client/index.ts";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import { gitRepository } from "../../testing/git-repository.ts";
import { scratch } from "../../testing/scratch.ts";
import { printedByUnprivileged } from "../../testing/unprivileged.ts";
import { withoutServer, withServer } from "./setup.ts";

test("doctor fails an old Node and takes a new one", () => {
  for (const version of ["22.14.0", "22.20.1", "23.6.0", "24.0.1"]) assert.equal(checkNode(version, "/node").state, "ok", version);
  for (const version of ["22.13.1", "23.5.0"]) assert.match(checkNode(version, "/node").message, /too old: 22\.14 or newer/);
  assert.equal(checkNode("20.20.2", "/node").state, "fail");
});

test("doctor warns where git is missing or too old", async (t) => {
  const { directory } = scratch(t);
  assert.equal((await checkGit({ PATH: process.env["PATH"] })).state, "ok");
  const none = { name: "Git", state: "warn", fix: "Install git 2.31 or newer" };
  assert.partialDeepStrictEqual(await checkGit({ PATH: directory }), {
    ...none,
    message: "git is not installed, or not in PATH: tasks run without worktrees and snapshots",
  });
  writeFileSync(path.join(directory, "git"), "#!/bin/sh\necho git version 2.10.0\n", { mode: 0o755 });
  assert.partialDeepStrictEqual(await checkGit({ PATH: directory }), {
    ...none,
    message: "git 2.10 is too old: tasks run without worktrees and snapshots",
  });
});

test("doctor starts the packaged Claude Code and shows its version", async () => {
  assert.notEqual(ownBinary(), null);
  const { state, message } = await checkClaudeCode(null);
  assert.equal(state, "ok", message);
  assert.match(message, /^\d+\.\d+\.\d+ \(Claude Code\)/);
});

test("doctor fails a Claude Code that does not start, with the fix", async (t) => {
  const place = scratch(t);
  const broken = place.file("claude", "#!/bin/sh\nexit 3\n");
  chmodSync(broken, 0o755);
  for (const binary of ["/nonexistent/claude", broken]) {
    const { state, message, fix } = await checkClaudeCode(binary);
    assert.equal(state, "fail");
    assert.match(message, /does not start/);
    assert.match(String(fix), /claude_executable --unset/);
  }
});

test("doctor --fix takes a broken Claude Code out of the place that named it", async (t) => {
  const { call } = withoutServer(t);
  const printed = async (env: Record<string, string>): Promise<string> => (await call(["doctor"], { env })).stdout;
  assert.match(
    await printed({ CLAUDE_WORKER_CLAUDE_EXECUTABLE: "/nonexistent/claude" }),
    /comes along: unset CLAUDE_WORKER_CLAUDE_EXECUTABLE$/m,
  );
  await call(["config", "set", "claude_executable", "/nonexistent/claude"]);
  assert.match(await printed({}), /comes along: claude-worker config set claude_executable --unset$/m);
});

test("doctor finds credentials wherever Claude Code does, and never shows them", async (t) => {
  const place = scratch(t);
  const env = { HOME: place.home };
  assert.equal((await checkCredentials(env)).state, process.platform === "darwin" ? "ok" : "fail");
  for (const name of ["ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_USE_BEDROCK"]) {
    const check = await checkCredentials({ ...env, [name]: "sk-ant-secret" });
    assert.equal(check.state, "ok");
    assert.match(check.message, new RegExp(name));
    assert.doesNotMatch(JSON.stringify(check), /secret/);
  }
  place.file("home/.claude/settings.json", '{"apiKeyHelper": "get-key"}');
  assert.match((await checkCredentials(env)).message, /apiKeyHelper/);
  place.file("home/.claude/.credentials.json", "{}");
  assert.match((await checkCredentials(env)).message, /signed in/);
});

test("doctor warns of missing sandbox tools on Linux", (t) => {
  const place = scratch(t);
  assert.deepEqual(
    [checkSandbox("/nonexistent", "linux").state, checkSandbox("", "darwin").state, checkSandbox("", "win32").state],
    ["warn", "ok", "warn"],
  );
  for (const name of ["bwrap", "socat"]) chmodSync(place.file(`bin/${name}`, ""), 0o755);
  assert.equal(checkSandbox(path.join(place.directory, "bin"), "linux").state, "ok");
});

test("doctor warns of an open data directory and fails one that cannot be written", (t) => {
  const place = scratch(t);
  const paths = pathsFrom({ HOME: place.home, CLAUDE_WORKER_HOME: place.dataHome });
  assert.match(checkDirectories(paths)[0]?.message ?? "", /will be made/);
  mkdirSync(place.dataHome, { mode: 0o755 });
  chmodSync(place.dataHome, 0o755);
  assert.match(checkDirectories(paths)[0]?.message ?? "", /open to others \(mode 755\)/);
  place.file("file", "");
  assert.equal(checkDirectories(pathsFrom({ CLAUDE_WORKER_HOME: path.join(place.directory, "file", "data") }))[0]?.state, "fail");
  assert.equal(
    checkDirectories(pathsFrom({ CLAUDE_WORKER_HOME: place.dataHome, CLAUDE_WORKER_LOG_DIR: "/proc/nothing" })).at(-1)?.name,
    "Logs",
  );
});

test("doctor names the variable that moves a place that does not work", (t) => {
  const place = scratch(t);
  const file = place.file("file", "");
  const fixes = (env: Record<string, string>): (string | undefined)[] =>
    checkDirectories(pathsFrom({ HOME: place.home, CLAUDE_WORKER_HOME: place.dataHome, ...env }))
      .filter(({ state }) => state === "fail")
      .map(({ fix }) => fix?.match(/CLAUDE_WORKER_\w+/)?.[0]);
  for (const [variable, value] of [
    ["CLAUDE_WORKER_HOME", file],
    ["CLAUDE_WORKER_LOG_DIR", file],
    ["CLAUDE_WORKER_DB", path.join(file, "tasks.db")],
  ] as const)
    assert.deepEqual(fixes({ [variable]: value }), [variable]);
});

test("doctor warns of little room on the disk and fails hardly any", () => {
  assert.deepEqual(
    [5e9, 5e8, 5e7].map((bytes) => checkFreeSpace(bytes, "/").state),
    ["ok", "warn", "fail"],
  );
});

test("doctor shows a running server's problems and holds", async (t) => {
  const { api, door } = await withServer(t);
  const absent = new WorkerClient({ kind: "socket", path: "/nonexistent/server.sock" });
  assert.match((await checkServer(absent))[0]?.message ?? "", /not running; `claude-worker run` starts it/);
  const client = new WorkerClient({ kind: "socket", path: door.socket });
  t.after(() => client.close());
  assert.equal((await checkServer(client))[0]?.state, "ok");
  const server = await api.server();
  const since = server.started_at;
  const holds = [
    {
      kind: "auth_failed" as const,
      message: "Invalid API key. Sign in again, then: claude-worker resume",
      since,
      until: null,
      profiles: null,
      tasks_waiting: 2,
    },
    { kind: "rate_limited" as const, message: "five-hour limit", since, until: since, profiles: null, tasks_waiting: 0 },
  ];
  api.server = async () => ({ ...server, problems: ["The disk is full."], holds });
  const checks = await checkServer(client);
  assert.deepEqual(
    checks.map(({ name, state }) => [name, state]),
    [
      ["Server", "ok"],
      ["Reserve", "ok"],
      ["Storage", "fail"],
      ["Hold", "fail"],
      ["Hold", "warn"],
    ],
  );
  assert.equal(JSON.stringify(checks[3]).match(/claude-worker resume/g)?.length, 1);
});

test("doctor prints a line for each check and exits with 1 when one fails", async (t) => {
  const { call } = withoutServer(t);
  const bad = await call(["doctor"], { env: { ANTHROPIC_API_KEY: "" } });
  if (process.platform !== "darwin") assert.equal(bad.code, 1);
  const good = await call(["doctor", "--json"], { env: { ANTHROPIC_API_KEY: "sk-ant-x" } });
  const { checks } = good.json() as { checks: { name: string; state: string }[] };
  assert.equal(good.code, checks.some(({ state }) => state === "fail") ? 1 : 0);
  assert.deepEqual(checks.map(({ name }) => name).toSorted(), [
    "Claude Code",
    "Claude settings",
    "Credentials",
    "Data directory",
    "Database",
    "Disk",
    "Git",
    "Node",
    "Sandbox",
    "Server",
  ]);
  assert.match(bad.stdout, /^ok {4}Node +\d+/);
  assert.match(bad.stdout, /\n +→ /);
});

test("doctor names a file in the place of the data directory", async (t) => {
  const { call, place } = withoutServer(t);
  const file = place.file("file", "");
  chmodSync(file, 0o755); // Its rights alone look like those of a directory.
  for (const home of [file, path.join(file, "data")]) {
    const { code, stdout } = await call(["doctor"], { env: { CLAUDE_WORKER_HOME: home } });
    assert.equal(code, 1);
    assert.match(stdout, /^fail {2}Data directory +\S+file is not a directory$/m);
    assert.match(stdout, /^fail {2}Database +A file is where a directory of \S+tasks\.db should be \(ENOTDIR\)\. Move it/m);
    assert.doesNotMatch(stdout, /lstat|Configuration/);
  }
});

test("doctor counts only those credentials that agents get", async (t) => {
  const { call } = withoutServer(t);
  const credentials = async (env: Record<string, string>): Promise<string | undefined> => {
    const { checks } = (await call(["doctor", "--json"], { env })).json() as { checks: { name: string; state: string }[] };
    return checks.find(({ name }) => name === "Credentials")?.state;
  };
  assert.equal(await credentials({ ANTHROPIC_API_KEY: "", CLAUDE_WORKER_AGENT_ENV: "ANTHROPIC_API_KEY=sk-ant-x" }), "ok");
  if (process.platform !== "darwin") assert.equal(await credentials({ ANTHROPIC_API_KEY: "", CLAUDECODE: "1" }), "fail");
});

test("doctor tells a broken configuration instead of stopping at it", async (t) => {
  const { call } = withoutServer(t);
  const { code, stdout } = await call(["doctor"], { env: { CLAUDE_WORKER_WORKERS: "many" } });
  assert.equal(code, 1);
  assert.match(stdout, /fail {2}Configuration +The setting "workers" in CLAUDE_WORKER_WORKERS must be/);
});

test("doctor --fix closes the data directory and lifts only the hold of a sign-in", async (t) => {
  const { call, api, place } = await withServer(t);
  chmodSync(place.dataHome, 0o755);
  const since = (await api.server()).started_at;
  const hold = (kind: "auth_failed" | "manual") => ({
    kind,
    message: "Invalid API key",
    since,
    until: null,
    profiles: null,
    tasks_waiting: 1,
  });
  let holds = [hold("auth_failed"), hold("manual")];
  const server = await api.server();
  api.server = async () => ({ ...server, holds });
  api.resume = async () => ({ holds: (holds = []) });
  assert.match((await call(["doctor", "--fix"])).stderr, /^Fixed: Data directory: .+ is open to others \(mode 755\)\n$/);
  assert.equal(statSync(place.dataHome).mode & 0o777, 0o700);
  holds = [hold("auth_failed")];
  assert.match((await call(["doctor", "--fix"])).stderr, /^Fixed: Hold: held, 1 task waits: Invalid API key\n$/);
  assert.deepEqual(holds, []);
});

test("doctor looks at the database itself while no server runs", async (t) => {
  const place = scratch(t);
  const file = path.join(place.directory, "tasks.db");
  assert.match((await checkDatabase(file)).message, /will be made/);
  await openStore({ path: file }).close();
  assert.deepEqual([(await checkDatabase(file)).state, (await checkDatabase(file)).message], ["ok", file]);
  const sound = readFileSync(file);
  const changed = (at: number, bytes: readonly number[]): Buffer => {
    const copy = Buffer.from(sound);
    copy.set(bytes, at);
    return copy;
  };
  const broken: [string, Buffer, RegExp][] = [
    ["empty", Buffer.alloc(0), /is empty \(0 bytes\).* Restore a backup/],
    ["text", Buffer.from("no database".repeat(100)), /tasks|text/],
    ["foreign", changed(68, [0, 0, 0, 1]), /is a database of another program \(application id 1\)/],
    ["newer", changed(60, [0, 0, 255, 255]), /was written by a newer Claude Worker/],
    ["cut", sound.subarray(0, sound.length - 3 * 4096), /cut/],
    [
      "damaged",
      changed(
        4096,
        Array.from({ length: 8192 }, () => 0xaa),
      ),
      /damaged/,
    ],
  ];
  for (const [name, bytes, message] of broken) {
    const bad = path.join(place.directory, name);
    writeFileSync(bad, bytes);
    const check = await checkDatabase(bad);
    assert.equal(check.state, "fail", name);
    assert.match(check.message, message);
    assert.match(`${check.message} ${check.fix ?? ""}`, /CLAUDE_WORKER_DB|backup/, name);
    assert.deepEqual(readFileSync(bad), bytes, name);
  }
  mkdirSync(path.join(place.directory, "directory"));
  assert.match(
    (await checkDatabase(path.join(place.directory, "directory"))).message,
    /is not a file\. Name another one with CLAUDE_WORKER_DB/,
  );
});

test("doctor restores or moves no sound database that only cannot be opened", async (t) => {
  const file = path.join(scratch(t).directory, "tasks.db");
  await openStore({ path: file }).close();
  // As on a full disk, no file may grow beyond a block.
  const words = ["-c", 'ulimit -f 1 && exec "$@"', "sh", process.execPath, "--input-type=module", "-e", printsCheckOf(file)];
  const { state, message, fix } = JSON.parse(execFileSync("/bin/sh", words, { encoding: "utf8" })) as Check;
  assert.equal(state, "fail");
  assert.match(message, /^The disk of \S+tasks\.db is full.*Free some space/);
  assert.equal(fix, null);
  assert.equal((await checkDatabase(file)).state, "ok");
});

test("doctor fails a read-only database or directory, and leaves nothing beside it", async (t) => {
  const { directory } = scratch(t);
  const data = path.join(directory, "data");
  const file = path.join(data, "tasks.db");
  mkdirSync(data);
  await openStore({ path: file }).close();
  chmodSync(directory, 0o755);
  for (const [what, modes] of [
    [file, { data: 0o777, file: 0o444 }],
    [data, { data: 0o555, file: 0o666 }],
  ] as const) {
    chmodSync(file, modes.file);
    chmodSync(data, modes.data);
    const printed = printedByUnprivileged(printsCheckOf(file));
    chmodSync(data, 0o755);
    if (printed === null) return t.skip("no user without rights may read Node and the source here");
    const { state, message, fix } = JSON.parse(printed) as Check;
    assert.deepEqual([state, fix], ["fail", null]);
    assert.equal(message, `${what} cannot be read and written (EACCES). Make it and its directory writable for this user.`);
    assert.deepEqual(readdirSync(data), ["tasks.db"]);
  }
});

test("doctor --fix lifts the hold of a Claude Code once that starts again", async (t) => {
  const { call, api, place } = await withServer(t);
  const since = (await api.server()).started_at;
  const fix = "Fix it (claude-worker doctor says how), then: claude-worker resume";
  const message = `Claude Code cannot be started: ${"spawn /a/long/way/to/claude ENOENT ".repeat(12)}. ${fix}`;
  let holds = [{ kind: "unavailable" as const, message, since, until: null, profiles: null, tasks_waiting: 1 }];
  const server = await api.server();
  api.server = async () => ({ ...server, holds });
  api.resume = async () => ({ holds: (holds = []) });
  assert.ok((await call(["server", "status"])).stdout.includes(`held, 1 task waits: ${message}`));
  const list = (await call(["list"], { columns: 100, env: { NO_COLOR: "1" } })).stdout;
  assert.ok(list.replaceAll(/\n */g, " ").includes(`held, 1 task waits: ${message}`), list);
  const stillBroken = { CLAUDE_WORKER_CLAUDE_EXECUTABLE: "/nonexistent/claude" };
  assert.ok((await call(["doctor", "--fix"], { env: stillBroken })).stdout.includes(fix));
  assert.equal(holds.length, 1);
  const claude = place.file("claude", "#!/bin/sh\necho 9.9.9\n");
  chmodSync(claude, 0o755);
  const env = { CLAUDE_WORKER_CLAUDE_EXECUTABLE: claude };
  assert.match((await call(["doctor"], { env })).stdout, /→ It starts now: claude-worker doctor --fix$/m);
  assert.match((await call(["doctor", "--fix"], { env })).stderr, /^Fixed: Hold: held, 1 task waits: Claude Code cannot be started/m);
  assert.deepEqual(holds, []);
});

/** A module for a process of its own that prints what doctor says of the database. */
function printsCheckOf(file: string): string {
  return `
    const { checkDatabase } = await import(${JSON.stringify(new URL("../../src/cli/doctor/database.ts", import.meta.url).href)});
    console.log(JSON.stringify(await checkDatabase(${JSON.stringify(file)})));`;
}

test("doctor warns of remotes that get the snapshots of tasks", async (t) => {
  const { git, top, env, place } = gitRepository(t);
  const seen = async (): Promise<string[]> =>
    (await checkMirrors(top, env)).map(({ state, message }) => `${state} ${message.split(" also ")[0]}`);
  git("remote", "add", "origin", "../origin");
  assert.deepEqual(await seen(), []);
  git("remote", "add", "--mirror=push", "back.up", "../backup");
  git("config", "remote.wide.push", "+refs/*:refs/*");
  git("config", "remote.narrow.push", "refs/heads/*:refs/heads/*");
  assert.deepEqual(await seen(), ["warn git push back.up", "warn git push wide"]);
  git("config", "remote.back.up.mirror", "no");
  assert.deepEqual(await seen(), ["warn git push wide"]);
  git("config", "remote.wide.fetch", "+refs/*:refs/*");
  assert.deepEqual(await seen(), ["warn git push wide", "warn git fetch --prune wide"]);
  assert.deepEqual(await checkMirrors(place.home, env), [], "outside of a repository");
  assert.deepEqual(await checkMirrors(top, { ...env, PATH: "/nonexistent" }), [], "without git");
});
