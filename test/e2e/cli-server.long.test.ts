import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { connect, createServer } from "node:net";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { WorkerClient } from "../../src/client/index.ts";
import { pathsFrom } from "../../src/config/paths.ts";
import { identityOf } from "../../src/processes/identity.ts";
import { takeLock } from "../../src/store/sqlite/file/lock.ts";
import { eventually } from "../../testing/eventually.ts";
import { exited } from "../../testing/exited.ts";
import { step } from "../../testing/model.ts";
import { takenPort } from "../../testing/taken-port.ts";
import { spawnCli, worker } from "../../testing/worker.ts";

test("server start returns when the server answers, and says where it is", async (t) => {
  const w = await worker(t);
  const { code, stdout, stderr } = await w.cli(["server", "start", "--workers", "2"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const server = await w.client.server();
  assert.match(stdout, new RegExp(`pid +${server.pid}\\n`));
  assert.match(stdout, new RegExp(`URL +${server.url ?? "none"}\\n`));
  assert.ok(stdout.includes(server.home) && stdout.includes(server.log_file));
  assert.equal(server.workers.limit, 2);
  assert.equal(statSync(server.log_file).mode & 0o777, 0o600);
});

test("a second server on the same data directory is refused, and the first goes on", async (t) => {
  const w = await worker(t);
  const { pid } = await w.start();
  const second = await w.cli(["server", "start", "--json"]);
  assert.equal(second.code, 1);
  const { error } = JSON.parse(second.stdout) as { error: { code: string; message: string } };
  assert.equal(error.code, "server_running");
  assert.match(error.message, new RegExp(String(pid)));
  assert.equal((await w.client.server()).pid, pid);
});

test("run starts the server by itself, and says so where it does no harm", async (t) => {
  const w = await worker(t, { hello: [step.text("hi")] });
  const run = await w.cli(["run", "hello"]);
  assert.deepEqual([run.code, run.stdout], [0, "1\n"]);
  assert.match(
    run.stderr,
    /^(?:The server \(pid \d+\) is still starting\. .*\n)?Started the server: pid \d+, http:\/\/127\.0\.0\.1:\d+\.\n$/,
  );
  assert.equal((await w.cli(["run", "hello"])).stderr, "");
});

test("channels and messages are read by a server that starts by itself", async (t) => {
  const w = await worker(t);
  for (const words of ["notify list", "notify deliveries", "notify show ops", "unsend 7 m1"]) {
    const call = await w.cli(words.split(" "));
    assert.match(call.stderr, /^Started the server: /m, words);
    await w.cli(["server", "stop"]);
  }
});

test("many calls at once that find no server start one together", async (t) => {
  const w = await worker(t, { hello: [step.text("hi")] });
  const runs = await Promise.all([1, 2, 3].map(async () => await w.cli(["run", "hello"])));
  assert.deepEqual(
    runs.map(({ code }) => code),
    [0, 0, 0],
    JSON.stringify(runs),
  );
  assert.deepEqual(runs.map(({ stdout }) => stdout).toSorted(), ["1\n", "2\n", "3\n"]);
  assert.equal(runs.filter(({ stderr }) => stderr.includes("Started the server")).length, 1);
});

test("run waits for a leaving server and starts the next one", async (t) => {
  const w = await worker(t, { hello: [step.text("hi")] });
  const { pid, socket } = await w.start();
  // A request under way keeps the server for seconds after it has closed its socket.
  const slow = connect(socket);
  t.after(() => slow.destroy());
  slow.on("error", () => undefined);
  slow.write("POST /api/v1/tasks HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{");
  await w.client.health();
  process.kill(pid, "SIGTERM");
  await eventually(() => !existsSync(socket));
  assert.notEqual(await identityOf(pid), null, "it is still there");
  const run = await w.cli(["run", "hello"]);
  assert.deepEqual([run.code, run.stdout], [0, "1\n"], run.stderr);
  assert.match(run.stderr, /^Started the server: pid \d+/m);
});

test("a submit whose answer is lost is sent again, and makes one task", async (t) => {
  const w = await worker(t, { hello: [step.text("hi")] });
  const { socket } = await w.start();
  // Stands between them, and breaks off at the first task's answer.
  let isLost = false;
  const between = createServer((from) => {
    const to = connect(`${socket}.real`);
    for (const side of [from, to]) side.on("error", () => undefined);
    from.pipe(to);
    to.on("data", (bytes: Buffer) => {
      if (isLost || !bytes.includes("201 Created")) return void from.write(bytes);
      isLost = true;
      from.destroy();
    });
    to.on("end", () => from.end());
  });
  t.after(() => between.close());
  await new Promise<void>((resolve) => between.listen(`${socket}.between`, resolve));
  // At once: a server makes its socket again when it is gone.
  renameSync(socket, `${socket}.real`);
  renameSync(`${socket}.between`, socket);
  const run = await w.cli(["run", "hello"]);
  assert.ok(isLost);
  assert.deepEqual([run.code, run.stdout, run.stderr], [0, "1\n", ""]);
  assert.deepEqual(
    (await w.client.listTasks({ limit: 10 })).tasks.map(({ id }) => id),
    [1],
  );
});

test("a taken port is named with the flag that changes it, and nothing is left running", async (t) => {
  const w = await worker(t);
  const port = await takenPort(t);
  const { code, stderr } = await w.cli(["server", "start", "--port", String(port)]);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`^Error: .*${port}.*--port`));
  assert.equal((await w.cli(["server", "health"])).code, 3);
});

test("run serves the unix socket only when the port is taken, and says so", async (t) => {
  const w = await worker(t, { hello: [step.text("hi")] });
  const port = await takenPort(t);
  const run = await w.cli(["run", "hello"], { env: { CLAUDE_WORKER_PORT: String(port) } });
  assert.deepEqual([run.code, run.stdout], [0, "1\n"]);
  assert.match(run.stderr, new RegExp(`unix socket only.*\\n.*${port}`, "s"));
  assert.equal((await w.client.server()).url, null);
});

test("what a killed server left behind needs no cleaning", async (t) => {
  const w = await worker(t);
  const { pid, socket } = await w.start();
  process.kill(pid, "SIGKILL");
  await eventually(async () => (await w.cli(["server", "health"])).code === 3);
  assert.ok(existsSync(socket));
  assert.notEqual((await w.start()).pid, pid);
});

test("server stop waits until it is gone, and leaves what runs alone", async (t) => {
  const w = await worker(t, { "long job": [step.bash("until [ -e go ]; do sleep 0.05; done; touch done"), step.text("finished")] });
  const { pid } = await w.start();
  const { id } = await w.submit("long job", { allow: ["Bash"] });
  await w.until(id, ({ last_action }) => last_action?.includes("tool:bash") === true);
  const stop = await w.cli(["server", "stop"]);
  assert.equal(stop.stdout, `The server (pid ${pid}) has stopped. 1 task continues; the next server adopts it.\n`);
  assert.equal(await identityOf(pid), null);
  assert.equal((await w.cli(["server", "stop"])).code, 3);
  w.place.file("work/go", "");
  await eventually(() => existsSync(path.join(w.place.work, "done")));
  await w.start();
  assert.equal((await w.ended(id)).result, "finished");
});

test("server stop does not wait for somebody to reap the server's process", async (t) => {
  const w = await worker(t);
  // As in a container whose first process reaps nobody.
  const bin = fileURLToPath(new URL("../../bin/claude-worker", import.meta.url));
  const start = ["-c", '"$@" & exec sleep 1000', "sh", process.execPath, bin, "server", "start", "--foreground"];
  const parent = spawn("/bin/sh", start, { env: w.env, cwd: w.place.work, stdio: "ignore" });
  t.after(() => parent.kill("SIGKILL"));
  await eventually(async () => (await w.client.health().catch(() => null)) !== null);
  const { pid } = await w.client.server();
  const stop = await w.cli(["server", "stop"]);
  assert.deepEqual([stop.code, stop.stdout], [0, `The server (pid ${pid}) has stopped.\n`]);
  assert.equal(process.kill(pid, 0), true, "nobody has reaped it");
});

test("a server that another one takes over from leaves by itself", async (t) => {
  const w = await worker(t);
  const { pid, home } = await w.start();
  const lock = takeLock(path.join(home, "server.lock"), { pid: process.pid, takeover: true });
  t.after(() => lock.release());
  await eventually(async () => (await identityOf(pid)) === null);
  assert.equal(lock.held(), true);
});

test("server start --foreground is the server itself, and ends well with SIGTERM", async (t) => {
  const w = await worker(t);
  const child = spawnCli(["server", "start", "--foreground", "--workers", "3"], w.env, w.place.work);
  t.after(() => child.kill("SIGKILL"));
  await eventually(async () => (await w.client.health().catch(() => null)) !== null);
  const server = await w.client.server();
  assert.deepEqual([server.pid, server.workers.limit], [child.pid, 3]);
  child.kill("SIGTERM");
  const code = await exited(child);
  assert.equal(code, 0);
});

test("a data directory with a very long path works", async (t) => {
  const w = await worker(t, { "wait for a file": [step.bash("until [ -e go ]; do sleep 0.05; done"), step.text("found it")] });
  const home = path.join(w.place.directory, "a-very-long-name-".repeat(10), "data");
  const env = { CLAUDE_WORKER_HOME: home };
  const { run, serverSocket } = pathsFrom(env);
  const client = new WorkerClient({ kind: "socket", path: serverSocket });
  t.after(async () => {
    client.close();
    await w.cli(["server", "stop", "--now"], { env });
    rmSync(run, { recursive: true, force: true });
  });
  const runtime = { ...env, XDG_RUNTIME_DIR: w.place.workdir("runtime") };
  const temporary = { ...env, TMPDIR: w.place.workdir("temporary") };
  assert.equal((await w.cli(["server", "start"], { env: runtime })).code, 0);
  const { code, stderr } = await w.cli(["run", "wait for a file", "--allow", "Bash"], { env });
  assert.deepEqual([code, stderr.includes("Started the server")], [0, false], stderr);
  await eventually(async () => (await client.listAttempts({ id: 1 })).attempts.at(-1)?.pid != null);
  const { pid } = await client.server();
  process.kill(pid, "SIGKILL");
  await eventually(async () => (await identityOf(pid)) === null);
  assert.equal((await w.cli(["server", "start"], { env: temporary })).code, 0);
  w.place.file("work/go", "");
  assert.equal((await w.cli(["wait", "1"], { env })).code, 0);
  assert.equal((await client.getTask({ id: 1 })).attempts, 1, "the same attempt went on");
  assert.ok(existsSync(path.join(home, "tasks.db")));
  await w.cli(["server", "stop", "--now"], { env });
});

test("a directory that nobody trusts is refused with the command that trusts it", async (t) => {
  const w = await worker(t, { hello: [step.text("hi")] });
  const strange = path.join(w.place.directory, "it's strange");
  mkdirSync(strange);
  const { code, stdout, stderr } = await w.cli(["run", "hello", "--dir", strange]);
  assert.deepEqual([code, stdout], [4, ""]);
  const command = /^Error: .* is not trusted: .* If you trust it: claude-worker (trust add .*)$/m.exec(stderr)?.[1];
  assert.equal(command, `trust add '${strange.replaceAll("'", "'\\''")}'`, stderr);
  assert.equal((await w.cli(["trust", "add", strange])).code, 0);
  assert.equal((await w.cli(["run", "hello", "--dir", strange])).code, 0);
});

test("a relative data directory is the one below the caller", async (t) => {
  const w = await worker(t);
  const env = { CLAUDE_WORKER_HOME: "here" };
  assert.equal((await w.cli(["server", "start"], { env })).code, 0);
  assert.equal((await w.cli(["server", "health"], { env })).code, 0);
  assert.ok(existsSync(path.join(w.place.work, "here", "tasks.db")));
  assert.equal((await w.cli(["server", "stop"], { env })).code, 0);
});

test("a data directory that cannot be used is refused with a sentence", async (t) => {
  const w = await worker(t);
  w.place.file("file", "");
  const { code, stderr } = await w.cli(["run", "hello"], { env: { CLAUDE_WORKER_HOME: path.join(w.place.directory, "file", "data") } });
  assert.equal(code, 1);
  assert.match(stderr, /^Error: .*(log|directory).*CLAUDE_WORKER_HOME\.\n$/);
});

test("a file that is not a database is refused with the server's own sentence", async (t) => {
  const w = await worker(t);
  mkdirSync(w.place.dataHome, { mode: 0o700 });
  const file = w.place.file("data/tasks.db", "not a database at all, but long enough to be looked at".repeat(100));
  chmodSync(file, 0o600);
  const { code, stderr } = await w.cli(["run", "hello"]);
  assert.equal(code, 1);
  assert.match(stderr, /^Error: .*tasks\.db/);
  assert.match(readFileSync(file, "utf8"), /^not a database/);
});

test("the server of a call from a directory that goes away goes on", async (t) => {
  const w = await worker(t, { hello: [step.text("hi")] });
  const passing = w.place.workdir("passing");
  assert.equal((await w.cli(["server", "start"], { cwd: passing })).code, 0);
  assert.equal((await w.cli(["run", "hello"])).code, 0);
  assert.equal((await w.cli(["wait", "1", "--timeout", "60s"])).code, 0);
});
