import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { withoutServer, withServer } from "../setup.ts";

const marks: readonly Record<string, string>[] = [{ WORKER_TASK_RUNNER: "abcd-1" }, { WORKER_TASK_TOKEN: "secret" }];

test("a task cannot start a server, and reads why and who can", async (t) => {
  const { call, place } = withoutServer(t);
  for (const env of marks)
    for (const words of [["start"], ["start", "--foreground"], ["start", "--takeover"], ["restart"]]) {
      const { code, stdout, stderr } = await call(["server", ...words], { env });
      assert.deepEqual([code, stdout], [4, ""], words.join(" "));
      assert.match(stderr, /from inside a task.*ended together with the task.*Ask a person to start it outside of the task/);
    }
  assert.equal(existsSync(place.dataHome), false, "nothing was begun");
});

test("a restart from inside a task is refused before the server is stopped", async (t) => {
  const { call, api } = await withServer(t);
  for (const env of marks) assert.equal((await call(["server", "restart"], { env })).code, 4);
  assert.equal(
    api.calls.some(({ verb }) => verb === "stop"),
    false,
  );
});

test("a call from inside a task is told to ask a person to start the server", async (t) => {
  const { call, place } = withoutServer(t);
  for (const env of marks)
    for (const words of [["list"], ["run", "later"], ["watch", "1"]]) {
      const { code, stderr } = await call(words, { env });
      assert.equal(code, 3, words.join(" "));
      assert.match(stderr, /No server answers at .*Ask a person to start it outside of the task/);
    }
  assert.equal(existsSync(place.dataHome), false, "nothing was started");
  assert.match((await call(["hold"])).stderr, /Start it: claude-worker server start/, "outside of a task it is as ever");
});

test("a task does not start the server of an address that does not answer", async (t) => {
  const { call } = withoutServer(t);
  const { stderr } = await call(["list"], { env: { WORKER_TASK_TOKEN: "x", CLAUDE_WORKER_SERVER_URL: "http://127.0.0.1:9" } });
  assert.match(stderr, /Check CLAUDE_WORKER_SERVER_URL/);
});

test("what acts without the server is for people alone", async (t) => {
  const { call } = withoutServer(t);
  const calls = ["pr 1 --yes", "workspace shell 1", "config set workers 8", "claude -p x", "mcp install", "mcp uninstall"];
  for (const words of [...calls, "service install", "service uninstall", "db backup x", "db restore x --yes"])
    for (const env of marks) {
      const { code, stderr } = await call(words.split(" "), { env });
      assert.notEqual(code, 0);
      assert.match(stderr, /^Error: Agents do not call [a-z ]+, and this is a call from inside a task\. Ask the user to do it\.\n$/, words);
    }
});
