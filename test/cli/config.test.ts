import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { unknownVariables } from "../../src/config/known-variables.ts";
import { settingDefinitions } from "../../src/config/settings.ts";
import { withoutServer, withServer } from "./setup.ts";

test("config set writes a checked value that get and list show with its origin", async (t) => {
  const { call, place } = withoutServer(t);
  const file = path.join(place.home, ".config", "claude-worker", "config.json");
  assert.equal((await call(["config", "path"])).stdout, `${file}\n`);
  assert.equal((await call(["config", "set", "workers", "8"])).stdout, `workers = 8 in ${file}\n`);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal((await call(["config", "get", "workers"])).stdout, "8\n");
  assert.match((await call(["config", "list"])).stdout, /^workers\t8\tfile$/m);
  assert.match(
    (await call(["config", "list"], { columns: 200, env: { NO_COLOR: "1" } })).stdout,
    /workers +8 +file +How many tasks run at once/,
  );
  assert.deepEqual((await call(["config", "get", "workers", "--json"])).json(), { key: "workers", value: 8, origin: "file" });
  assert.equal((await call(["config", "list"])).stdout.trimEnd().split("\n").length, settingDefinitions.length);
});

test("config set keeps a program by its full path, and warns when it cannot be run", async (t) => {
  const { call, place } = withoutServer(t);
  writeFileSync(path.join(place.work, "claude"), "#!/bin/sh\n", { mode: 0o755 });
  const good = await call(["config", "set", "claude_executable", "claude"]);
  assert.equal(good.stderr, "");
  assert.equal((await call(["config", "get", "claude_executable"])).stdout, `${path.join(place.work, "claude")}\n`);
  const bad = await call(["config", "set", "claude_executable", "/nope/claude"]);
  assert.deepEqual([bad.code, bad.stderr], [0, "Warning: /nope/claude is not a program that can be run, so tasks would wait.\n"]);
});

test("a setting in milliseconds also takes a duration, wherever it is set", async (t) => {
  const { call, place } = withoutServer(t);
  const key = "stall_timeout_ms";
  const value = async (env: Record<string, string> = {}): Promise<unknown> =>
    (await call(["config", "get", key, "--json"], { env })).json()["value"];
  assert.equal((await call(["config", "set", key, "1h30m"])).code, 0);
  assert.equal(await value(), 5_400_000);
  assert.equal(await value({ CLAUDE_WORKER_STALL_TIMEOUT_MS: "90s" }), 90_000);
  writeFileSync(path.join(place.home, ".config", "claude-worker", "config.json"), JSON.stringify({ [key]: "2m" }));
  assert.equal(await value(), 120_000);
  for (const wrong of ["soon", "500ms", "90d"]) {
    const { code, stderr } = await call(["config", "set", key, wrong]);
    assert.equal(code, 2, wrong);
    assert.match(stderr, /must be a duration like 90s or 1h30m, or milliseconds, from 1s to 30d \(1000 to 2592000000 ms\)/);
  }
});

test("a duration is shown as it is typed, and found by the name of its flag", async (t) => {
  const { call, place } = withoutServer(t);
  const set = await call(["config", "set", "stall_timeout", "90m"]);
  assert.match(set.stdout, /^stall_timeout_ms = 1h30m in /);
  const file = path.join(place.home, ".config", "claude-worker", "config.json");
  assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), { stall_timeout_ms: 5_400_000 });
  assert.equal((await call(["config", "get", "stall-timeout"])).stdout, "1h30m\n");
  const list = await call(["config", "list"]);
  assert.match(list.stdout, /^stall_timeout_ms\t1h30m\tfile$/m);
  assert.match(list.stdout, /^background_grace_ms\t5m\tdefault$/m);
  assert.match((await call(["config", "list"], { columns: 200, env: { NO_COLOR: "1" } })).stdout, /stop_grace_ms +5s +default/);
  const { json } = await call(["config", "get", "stall_timeout_ms", "--json"]);
  assert.deepEqual(json(), { key: "stall_timeout_ms", value: 5_400_000, origin: "file" });
  assert.equal((await call(["config", "set", "stall_timeout", "--unset"])).code, 0);
  assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), {});
  writeFileSync(file, '{"stop_grace": "9s"}');
  const { code, stderr } = await call(["list"]);
  assert.equal(code, 2);
  assert.match(stderr, /Unknown setting "stop_grace" in \S+\. Did you mean "stop_grace_ms"\?/);
});

test("the environment is stronger than the configuration file, and set says so", async (t) => {
  const { call } = withoutServer(t);
  const env = { CLAUDE_WORKER_WORKERS: "2" };
  const { stderr } = await call(["config", "set", "workers", "8"], { env });
  assert.match(stderr, /CLAUDE_WORKER_WORKERS is set in this environment and overrides the file/);
  assert.equal((await call(["config", "get", "workers"], { env })).stdout, "2\n");
});

test("config set --unset brings the default back", async (t) => {
  const { call } = withoutServer(t);
  await call(["config", "set", "agent_env", "FOO,BAR=1"]);
  assert.equal((await call(["config", "get", "agent_env"])).stdout, "FOO,BAR=1\n");
  await call(["config", "set", "agent_env", "--unset"]);
  assert.deepEqual((await call(["config", "get", "agent_env", "--json"])).json(), { key: "agent_env", value: [], origin: "default" });
});

test("a bad key or value is refused by name and leaves the file as it was", async (t) => {
  const { call, place } = withoutServer(t);
  await call(["config", "set", "workers", "8"]);
  const file = path.join(place.home, ".config", "claude-worker", "config.json");
  const before = readFileSync(file, "utf8");
  const refused: [string[], RegExp][] = [
    [["workesr", "1"], /Unknown setting "workesr"\. Did you mean "workers"\?/],
    [["workers", "many"], /"workers" must be a whole number from 1 to 1000, not "many"/],
    [["permission_mode", "yolo"], /must be one of default, acceptEdits/],
    [["workers"], /Give a value or --unset/],
    [["workers", "1", "--unset"], /Give a value or --unset/],
  ];
  for (const [words, message] of refused) {
    const { code, stderr } = await call(["config", "set", ...words]);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
  assert.equal((await call(["config", "get", "workesr"])).code, 2);
  assert.equal(readFileSync(file, "utf8"), before);
});

test("a wrong setting stops every command except those that fix the configuration", async (t) => {
  const { call, place } = withoutServer(t);
  const file = place.file("home/.config/claude-worker/config.json", '{"workers": "many", "wrokers": 3, "port": 8001}');
  for (const words of [["list"], ["run", "x"], ["server", "start"], ["config", "get", "workers"]]) {
    const { code, stderr } = await call(words);
    assert.equal(code, 2, words.join(" "));
    assert.match(stderr, /"workers" in .*config\.json must be a whole number/);
  }
  assert.equal(existsSync(place.dataHome), false);
  const list = await call(["config", "list"]);
  assert.equal(list.code, 0);
  assert.match(list.stdout, /^port\t8001\tfile$/m);
  assert.match(list.stderr, /^Warning: The setting "workers" in \S+config\.json must be .*claude-worker config set workers --unset$/m);
  assert.match(list.stderr, /^Warning: Unknown setting "wrokers" in \S+config\.json\./m);
  assert.equal((await call(["config", "get", "port"])).stdout, "8001\n");
  assert.equal((await call(["config", "path"])).code, 0);
  const set = await call(["config", "set", "port", "8002"]);
  assert.equal(set.code, 0);
  assert.match(set.stderr, /"workers" in/);
  assert.equal((await call(["config", "set", "wrokers", "--unset"])).code, 0);
  assert.equal((await call(["config", "set", "workers", "2"])).stderr, "");
  assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), { port: 8002, workers: 2 });
});

test("the config commands report a wrong variable by its name", async (t) => {
  const { call } = withoutServer(t);
  const env = { CLAUDE_WORKER_SERVER_URL: "notaurl" };
  const { code, stderr } = await call(["config", "list"], { env });
  assert.equal(code, 0);
  assert.match(stderr, /^Warning: The setting "server_url" in CLAUDE_WORKER_SERVER_URL must be the address of a server/);
  assert.equal((await call(["list"], { env })).code, 2);
});

test("what would be refused where it is used is refused when it is set", async (t) => {
  const { call, place } = withoutServer(t);
  const refused: [string, string, RegExp][] = [
    ["server_url", "notaurl", /must be the address of a server like http:\/\/127\.0\.0\.1:8000, without a password, not "notaurl"/],
    ["server_url", "ftp://x", /must be the address of a server/],
    ["server_url", "https://me:secret@example.org", /without a password, not "https:\/\/…@example\.org"/],
    ["server_url", "", /config set server_url --unset/],
    ["model", "", /config set model --unset/],
    ["model", "  ", /must be a model's name/],
    ["model", "m".repeat(201), /at most 200 characters/],
    ...["0.0.0.0", "::", "[::]", "0", "::ffff:0.0.0.0"].map((host): [string, string, RegExp] => ["host", host, /--dangerously-bind-all/]),
    ["host", "example.org", /is not an IP address of this machine/],
    ["agent_allow", "Read,not a rule", /must be a list of permission rules/],
    ["agent_allow", "Bash(npm test", /must be a list of permission rules/],
  ];
  for (const [key, value, message] of refused) {
    const { code, stderr } = await call(["config", "set", key, value]);
    assert.match(stderr, message);
    assert.equal(code, 2, `${key} ${value}`);
  }
  assert.equal(existsSync(path.join(place.home, ".config")), false);
  for (const [key, value] of [
    ["server_url", "https://example.org/worker"],
    ["model", "opus"],
    ["host", "localhost"],
    ["host", "::1"],
    ["agent_allow", ""],
  ] as const)
    assert.equal((await call(["config", "set", key, value])).code, 0, key);
});

test("the file that CLAUDE_WORKER_CONFIG names must exist, unless it is made now", async (t) => {
  const { call, place } = withoutServer(t);
  const file = path.join(place.directory, "elsewhere.json");
  const env = { CLAUDE_WORKER_CONFIG: file };
  for (const words of [["list"], ["config", "list"], ["server", "start"]]) {
    const { code, stderr } = await call(words, { env });
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`^Error: CLAUDE_WORKER_CONFIG names ${file}, and there is no such file`));
  }
  assert.match((await call(["doctor"], { env })).stdout, /CLAUDE_WORKER_CONFIG names/);
  assert.equal((await call(["config", "path"], { env })).code, 0);
  assert.equal((await call(["config", "set", "workers", "3"], { env })).code, 0);
  assert.equal((await call(["config", "get", "workers"], { env })).stdout, "3\n");
});

test("doctor reports a mistyped variable and knows every one that is read", async (t) => {
  const { call } = withoutServer(t);
  const env = { CLAUDE_WORKER_WROKERS: "8", CLAUDE_WORKER_OF_ANOTHER_PROGRAM: "1", CLAUDE_WORKER_LOG_LEVEL: "warn" };
  const { stdout } = await call(["doctor"], { env });
  assert.match(stdout, /^warn +Environment +CLAUDE_WORKER_WROKERS is not a variable .* Did you mean CLAUDE_WORKER_WORKERS\?$/m);
  assert.match(stdout, /CLAUDE_WORKER_OF_ANOTHER_PROGRAM is not a variable of Claude Worker and has no effect\.$/m);
  assert.equal(unknownVariables(env).length, 2);
  const root = fileURLToPath(new URL("../../src", import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const named = files.flatMap((name) => readFileSync(path.join(root, name), "utf8").match(/CLAUDE_WORKER_[A-Z_]*[A-Z]\b/g) ?? []);
  assert.deepEqual(unknownVariables(Object.fromEntries(named.map((name) => [name, "x"]))), []);
});

test("a remote server is neither started nor restarted from here", async (t) => {
  const { call, door, place } = await withServer(t);
  const url = `http://127.0.0.1:${door.port}`;
  const env = { CLAUDE_WORKER_SERVER_URL: url, CLAUDE_WORKER_TOKEN: door.token };
  for (const words of [
    ["server", "start"],
    ["server", "start", "--foreground"],
    ["server", "restart"],
  ]) {
    const { code, stderr } = await call(words, { env });
    assert.equal(code, 2);
    assert.match(stderr, /is started on its own machine\. To start one on this machine: unset CLAUDE_WORKER_SERVER_URL\n$/);
  }
  place.file("home/.config/claude-worker/config.json", JSON.stringify({ server_url: url }));
  assert.match((await call(["server", "restart"])).stderr, /config set server_url --unset\n$/);
  assert.equal((await call(["list"], { env })).code, 0);
});
