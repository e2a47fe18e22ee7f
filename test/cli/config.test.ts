import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { settingDefinitions } from "../../src/config/settings.ts";
import { withoutServer } from "./setup.ts";

test("set writes a checked value, get and list show it and where it comes from", async (t) => {
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

test("the environment is stronger than the file, and set says so", async (t) => {
  const { call } = withoutServer(t);
  const env = { CLAUDE_WORKER_WORKERS: "2" };
  const { stderr } = await call(["config", "set", "workers", "8"], { env });
  assert.match(stderr, /CLAUDE_WORKER_WORKERS is set in this environment and stronger than the file/);
  assert.equal((await call(["config", "get", "workers"], { env })).stdout, "2\n");
});

test("lists have commas, and --unset brings the default back", async (t) => {
  const { call } = withoutServer(t);
  await call(["config", "set", "agent_env", "FOO,BAR=1"]);
  assert.equal((await call(["config", "get", "agent_env"])).stdout, "FOO,BAR=1\n");
  await call(["config", "set", "agent_env", "--unset"]);
  assert.deepEqual((await call(["config", "get", "agent_env", "--json"])).json(), { key: "agent_env", value: [], origin: "default" });
});

test("a bad key or value is refused by name, and the file stays as it was", async (t) => {
  const { call, place } = withoutServer(t);
  await call(["config", "set", "workers", "8"]);
  const file = path.join(place.home, ".config", "claude-worker", "config.json");
  const before = readFileSync(file, "utf8");
  const refused: [string[], RegExp][] = [
    [["workesr", "1"], /Unknown setting "workesr"\. Did you mean "workers"\?/],
    [["workers", "many"], /"workers" in the command line must be a whole number from 1 to 1000, not "many"/],
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

test("a broken file stops every command with its name, and config path still answers", async (t) => {
  const { call, place } = withoutServer(t);
  place.file("home/.config/claude-worker/config.json", '{"workers": "many"}');
  for (const words of [["list"], ["run", "x"], ["config", "list"]]) {
    const { code, stderr } = await call(words);
    assert.equal(code, 2);
    assert.match(stderr, /"workers" in .*config\.json must be a whole number/);
  }
  assert.equal((await call(["config", "path"])).code, 0);
  assert.equal(existsSync(place.dataHome), false);
});
