import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutServer, withServer } from "./setup.ts";

test("server start names the server that runs, and restore a file that is not there", async (t) => {
  const { call, api } = await withServer(t);
  const started = await call(["server", "start"]);
  assert.equal(started.code, 1);
  assert.match(started.stderr, new RegExp(`^Error: The server runs already: pid ${(await api.server()).pid}, `));
  assert.match((await call(["db", "restore", "/nope.db"])).stderr, /^Error: There is no file \/nope\.db\.$/m);
});

test("config set says when the running server has another value", async (t) => {
  const { call, api } = await withServer(t);
  const config = await api.config();
  const set = async (needs_restart: boolean): Promise<string> => {
    const setting = { key: "workers", value: 4, origin: "file" as const, needs_restart, description: "" };
    api.config = async () => ({ ...config, settings: [setting] });
    return (await call(["config", "set", "workers", "8"])).stderr;
  };
  assert.match(await set(true), /another value until: claude-worker server restart/);
  assert.equal(await set(false), "");
});

test("hold, resume and trust say what they did", async (t) => {
  const { call } = await withServer(t);
  assert.match((await call(["hold", "lunch"])).stdout, /^Nothing starts until: claude-worker resume\n {2}held, 0 tasks wait: lunch\n$/);
  assert.equal((await call(["resume"])).stdout, "Tasks start again.\n");
  assert.equal((await call(["resume"])).stdout, "Nothing was held: tasks start when there is a free slot.\n");
  for (const words of [["hold"], ["hold", ""], ["hold", "  "]]) {
    assert.equal((await call(words)).stdout, "Nothing starts until: claude-worker resume\n");
    assert.match((await call(["server", "status"])).stdout, /: Paused manually\. Resume with: claude-worker resume$/m);
  }
  await call(["resume"]);
  assert.equal((await call(["trust", "add", "."], { cwd: "/usr" })).stdout, "Trusted: /usr\n");
  assert.match((await call(["trust", "list"])).stdout, /^\/usr\tclaude-worker\t\d{4}-/m);
  assert.match((await call(["trust", "list"], { columns: 80 })).stdout, /DIRECTORY/);
  assert.equal((await call(["trust", "remove", "/usr"])).code, 0);
  assert.doesNotMatch((await call(["trust", "list"])).stdout, /\/usr/);
});

test("server status and health tell the state", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  const page = (await call(["server", "status"], { env: { NO_COLOR: "1" } })).stdout;
  for (const part of [
    /^✔ The server is healthy · 0 of 4 slots in use · 1 pending$/m,
    new RegExp(`^pid +${process.pid}, since`, "m"),
    /1 pending$/m,
    /^URL +none, the unix socket only$/m,
  ])
    assert.match(page, part);
  assert.equal((await call(["server", "status", "--json"])).json()["pid"], process.pid);
  assert.deepEqual(await call(["server", "health"]).then(({ code, stdout }) => [code, stdout]), [0, "healthy\n"]);
  const server = await api.server();
  api.server = async () => ({ ...server, status: "degraded", problems: ["The disk is full."] });
  assert.deepEqual(await call(["server", "health"]).then(({ code, stdout }) => [code, stdout]), [1, "degraded\n"]);
  assert.match((await call(["server", "status"])).stdout, /^Problem +The disk is full\.$/m);
});

test("server stop says that there is nothing to stop, not how to start a server", async (t) => {
  const { call } = withoutServer(t);
  const { code, stderr } = await call(["server", "stop"]);
  assert.deepEqual([code, stderr], [3, "Error: No server runs, so there is nothing to stop.\n"]);
  const remote = await call(["server", "stop"], { env: { CLAUDE_WORKER_SERVER_URL: "http://127.0.0.1:1", CLAUDE_WORKER_TOKEN: "cw_x" } });
  assert.match(remote.stderr, /No server answers at http:\/\/127\.0\.0\.1:1/);
});

test("server stop takes one way to stop, and a deadline only with --drain", async (t) => {
  const { call, api } = await withServer(t);
  for (const words of [
    ["--drain", "--now"],
    ["--deadline", "5m"],
    ["--now", "--deadline", "5m"],
  ]) {
    const refused = await call(["server", "stop", ...words]);
    assert.equal(refused.code, 2, words.join(" "));
    assert.match(refused.stderr, /^Error: --(drain|deadline) /);
  }
  assert.ok(!api.calls.some(({ verb }) => verb === "stop"));
});

test("a command that changes something exits with 3 and a hint without a server", async (t) => {
  const { call } = withoutServer(t);
  for (const words of [["cancel", "1"], ["server", "status"], ["server", "health"], ["hold"]]) {
    const { code, stderr } = await call(words);
    assert.equal(code, 3, words.join(" "));
    assert.match(stderr, /^Error: No server answers at .+ Start it: claude-worker server start\n$/);
  }
});

test("a remote server is asked with the token, which no error shows", async (t) => {
  const { call, door } = await withServer(t);
  const env = { CLAUDE_WORKER_SERVER_URL: `http://127.0.0.1:${door.port}`, CLAUDE_WORKER_TOKEN: door.token };
  assert.equal((await call(["server", "health"], { env })).code, 0);
  const wrong = await call(["list"], { env: { ...env, CLAUDE_WORKER_TOKEN: "wrong-secret" } });
  assert.equal(wrong.code, 4);
  assert.doesNotMatch(wrong.stderr, /wrong-secret/);
  assert.equal((await call(["list"], { env: { CLAUDE_WORKER_SERVER_URL: "nonsense" } })).code, 2);
});
