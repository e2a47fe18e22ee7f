import assert from "node:assert/strict";
import { existsSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { pathsFrom } from "../../src/config/paths.ts";
import { identityOf } from "../../src/processes/identity.ts";
import { until } from "../../testing/wait.ts";
import { fastWorker, killServer, runnerOf } from "./setup.ts";
import type { FastWorker } from "./setup.ts";

const removals = {
  "its socket": ({ serverSocket }) => rmSync(serverSocket),
  "the socket's directory": ({ run }) => rmSync(run, { recursive: true }),
  "server.json": ({ serverInfo }) => rmSync(serverInfo),
} satisfies Record<string, (paths: ReturnType<typeof pathsFrom>) => void>;

for (const [what, remove] of Object.entries(removals)) {
  test(`a running server makes ${what} again when it is removed`, async (t) => {
    const w = await fastWorker(t);
    const paths = pathsFrom(w.env);
    const { pid } = await w.start();
    const { id } = await w.submit("steps 20 delay 100");
    await w.until(id, ({ status }) => status === "running");
    remove(paths);
    const { code, stdout, stderr } = await w.cli(["run", "steps 1"]);
    assert.deepEqual([code, stdout], [0, "2\n"], stderr);
    assert.equal((await w.client.server()).pid, pid, "the same server");
    assert.equal(statSync(paths.run).mode & 0o777, 0o700);
    assert.equal(statSync(paths.serverSocket).mode & 0o777, 0o600);
    for (const each of [1, 2]) assert.equal((await w.ended(each)).status, "completed");
    await until("server.json", () => existsSync(paths.serverInfo));
    assert.equal((JSON.parse(readFileSync(paths.serverInfo, "utf8")) as { pid: number }).pid, pid);
    assert.equal((await w.cli(["server", "health"])).code, 0);
  });
}

test("a removed log of the database costs no acknowledged task", async (t) => {
  const w = await fastWorker(t);
  const { database } = pathsFrom(w.env);
  await w.start();
  for (const end of ["-wal", "-shm"]) {
    await w.submit("steps 1");
    rmSync(`${database}${end}`);
    await w.submit("steps 1");
  }
  await killServer(w);
  await w.start();
  for (const id of [1, 2, 3, 4]) assert.equal((await w.ended(id)).status, "completed");
  assert.equal((await w.cli(["db", "check"])).code, 0);
});

test("a server whose database was moved away acknowledges nothing until it is back", async (t) => {
  const w = await fastWorker(t);
  const { database } = pathsFrom(w.env);
  await w.start();
  await w.ended((await w.submit("steps 1")).id);
  renameSync(database, `${database}.away`);
  await assert.rejects(w.submit("steps 1"), { code: "storage_unusable", message: /was removed or replaced/ });
  await isDegraded(w, /was removed or replaced.*move it back.*claude-worker db backup/s);
  const saved = path.join(w.place.directory, "saved.db");
  assert.equal((await w.cli(["db", "backup", saved])).code, 0);
  assert.ok(existsSync(saved));
  renameSync(`${database}.away`, database);
  await until("a healthy server", async () => (await w.client.server()).status === "healthy");
  const { id } = await w.submit("steps 1");
  assert.equal((await w.ended(id)).status, "completed");
  assert.equal(id, 2);
});

test("a task can be cancelled while the database is moved away", async (t) => {
  const w = await fastWorker(t);
  const { database } = pathsFrom(w.env);
  await w.start();
  const { id } = await w.submit("steps 100000 delay 100");
  const runner = await runnerOf(w, id);
  renameSync(database, `${database}.away`);
  const { code, stdout } = await w.cli(["cancel", String(id)]);
  assert.deepEqual([code, /is being stopped.*\(storage_unusable\)/.test(stdout)], [0, true], stdout);
  await until("the end of its runner", async () => (await identityOf(runner)) === null);
  renameSync(`${database}.away`, database);
  const task = await w.ended(id);
  assert.deepEqual([task.status, task.attempts], ["cancelled", 1], JSON.stringify(task.error));
});

test("a removed token file is reported and not made again", async (t) => {
  const w = await fastWorker(t);
  const { token } = pathsFrom(w.env);
  await w.start();
  rmSync(token);
  await until("a degraded server", async () => (await w.client.server()).status === "degraded");
  await isDegraded(w, /token file .* was removed.*server restart/);
  assert.equal(existsSync(token), false);
  assert.equal((await w.cli(["server", "restart"])).code, 0);
  assert.equal((await w.client.server()).status, "healthy");
});

test("a server whose data directory was renamed leaves with a restartable exit code", async (t) => {
  const w = await fastWorker(t);
  const { pid, home, log_file } = await w.start();
  renameSync(home, `${home}.away`);
  await until("the end of the server", async () => (await identityOf(pid)) === null);
  assert.match(readFileSync(log_file.replace(home, `${home}.away`), "utf8"), /data directory, or the lock in it, was removed/);
});

/** Status, health, and log tell the same. */
async function isDegraded(w: FastWorker, sentence: RegExp): Promise<void> {
  const { status, problems, log_file } = await w.client.server();
  assert.equal(status, "degraded");
  assert.match(problems.join(" "), sentence);
  assert.match((await w.cli(["server", "status"])).stdout.replaceAll(/\s+/g, " "), /degraded.*was removed/);
  assert.deepEqual(await w.cli(["server", "health"]).then(({ code, stdout }) => [code, stdout]), [1, "degraded\n"]);
  await until("a word in the log", () => readFileSync(log_file, "utf8").includes("was removed"));
}
