import assert from "node:assert/strict";
import { chmodSync, mkdirSync, renameSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { step } from "../../testing/model.ts";
import { takenPort } from "../../testing/taken-port.ts";
import { worker } from "../../testing/worker.ts";

test("server restart is another process at the same place", async (t) => {
  const w = await worker(t);
  const { pid } = await w.start();
  const restart = await w.cli(["server", "restart", "--json"]);
  assert.equal(restart.code, 0, restart.stderr);
  const server = await w.client.server();
  assert.notEqual(server.pid, pid);
  assert.equal((JSON.parse(restart.stdout) as { pid: number }).pid, server.pid);
});

test("a server is not stopped for one that would not start, and goes on", async (t) => {
  const w = await worker(t);
  const { pid, home } = await w.start();
  const port = await takenPort(t);
  const refused = async (...flags: string[]): Promise<string> => {
    const { code, stdout } = await w.cli(["server", "restart", "--json", ...flags]);
    assert.notEqual(code, 0);
    const { error } = JSON.parse(stdout) as { error: { message: string } };
    assert.ok(
      error.message.endsWith(` The server (pid ${pid}) continues as before. To try again: claude-worker server restart`),
      error.message,
    );
    assert.equal((await w.client.server()).pid, pid);
    return error.message;
  };
  assert.match(await refused("--port", String(port)), new RegExp(`^Port ${port} .* taken .*--port`));
  // Documentation addresses (RFC 5737) are nobody's.
  assert.match(await refused("--host", "192.0.2.1"), /^192\.0\.2\.1:0 cannot be listened on/);
  assert.match(await refused("--host", "0.0.0.0"), /--dangerously-bind-all/);
  chmodSync(path.join(home, "token"), 0o644);
  assert.match(await refused(), /^The token file .* may be read by others/);
});

test("the port that a server listens on is free for the one that comes in its place", async (t) => {
  const w = await worker(t);
  const { pid, url } = await w.start();
  const restart = await w.cli(["server", "restart", "--port", new URL(url ?? "").port]);
  assert.equal(restart.code, 0, restart.stderr);
  const server = await w.client.server();
  assert.deepEqual([server.url, server.pid === pid], [url, false]);
});

test("a restart that cannot start the new server says that none runs", async (t) => {
  const w = await worker(t);
  const { pid, database } = await w.start();
  // Seen only by who opens the database: the server itself, once the old one is gone.
  renameSync(database, `${database}.away`);
  mkdirSync(database);
  const restart = await w.cli(["server", "restart", "--json"]);
  assert.equal(restart.code, 1);
  const { error } = JSON.parse(restart.stdout) as { error: { code: string; message: string } };
  assert.equal(error.code, "storage_unusable");
  assert.match(
    error.message,
    new RegExp(
      `tasks\\.db.* The earlier server \\(pid ${pid}\\) has stopped, and none answers now\\. Start one: claude-worker server start$`,
    ),
  );
  assert.equal((await w.cli(["server", "health"])).code, 3);
});

test("server restart gets its way beside calls that start a server by themselves", async (t) => {
  const w = await worker(t, { hello: [step.text("hi")] });
  await w.start();
  const restart = w.cli(["server", "restart", "--workers", "7"]);
  const runs = [0, 50, 100, 150, 200, 250].map(async (ms) => {
    await delay(ms); // The calls come at different moments of the restart.
    return await w.cli(["run", "hello"]);
  });
  assert.equal((await restart).code, 0, (await restart).stderr);
  for (const { code, stderr } of await Promise.all(runs)) {
    // Truly between two servers: nothing was kept, and it says so.
    if (code !== 0) assert.match(stderr, /is stopping and takes no more tasks/);
  }
  assert.equal((await w.client.server()).workers.limit, 7);
});
