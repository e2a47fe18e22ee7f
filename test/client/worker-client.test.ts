import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { ServerUnreachable, urlAddress, WorkerClient, WorkerError } from "../../src/client/index.ts";
import { httpClient } from "../../src/client/http-exchange.ts";
import { setup } from "./setup.ts";
import type { TaskRef } from "../../src/domain/task/task-ref.ts";

test("the client submits, reads, changes and removes a task over the unix socket", async (t) => {
  const { client, api } = await setup(t);
  const task = await client.submitTask({ prompt: "Say hello", working_directory: "/", name: "greeting", labels: { team: "a" } });
  assert.deepEqual([task.id, task.status, task.name], [1, "pending", "greeting"]);
  assert.equal((await client.getTask({ id: 1 })).prompt, "Say hello");
  assert.equal((await client.updateTask({ id: 1, priority: 5 })).priority, 5);
  assert.deepEqual((await client.listAttempts({ id: 1 })).attempts, []);
  assert.equal((await client.cancelTask({ id: 1 })).status, "cancelled");
  assert.equal((await client.retryTask({ id: 1 })).status, "pending");
  await api.finish(1);
  await client.removeTask({ id: 1 });
  await assert.rejects(client.getTask({ id: 1 }), { code: "not_found" });
});

test("the client lists a page, or all pages one after the other", async (t) => {
  const { client, submit } = await setup(t);
  for (let each = 1; each <= 7; each++) await submit(`task ${each}`);
  const page = await client.listTasks({ limit: 3 });
  assert.deepEqual(
    page.tasks.map(({ id }) => id),
    [7, 6, 5],
  );
  assert.notEqual(page.next_cursor, null);
  const ids: TaskRef[] = [];
  for await (const { id } of client.all({ limit: 3, order: "oldest" })) ids.push(id);
  assert.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7]);
});

test("the client filters tasks by status and label", async (t) => {
  const { client, api } = await setup(t);
  await client.submitTask({ prompt: "one", working_directory: "/", labels: { team: "a=b" } });
  await client.submitTask({ prompt: "two", working_directory: "/" });
  await api.finish(2, "failed");
  assert.deepEqual(
    (await client.listTasks({ label: ["team=a=b"] })).tasks.map(({ id }) => id),
    [1],
  );
  assert.deepEqual(
    (await client.listTasks({ status: ["failed", "completed"] })).tasks.map(({ id }) => id),
    [2],
  );
});

test("the client asks for trust, holds, the server's state and its stop", async (t) => {
  const { client, api } = await setup(t);
  const trusted = (await client.addTrust({ directory: "/usr/bin" })).directories;
  assert.ok(trusted.some(({ path: each }) => each === "/usr/bin"));
  assert.equal((await client.removeTrust({ directory: "/usr/bin" })).directories.length, trusted.length - 1);
  assert.deepEqual(
    (await client.hold({ reason: "lunch" })).holds.map(({ message }) => message),
    ["lunch"],
  );
  assert.equal((await client.listHolds()).holds.length, 1);
  assert.deepEqual((await client.resume()).holds, []);
  assert.equal((await client.server()).pid, process.pid);
  assert.equal((await client.health()).status, "healthy");
  await client.stopServer({ mode: "drain", deadline_ms: 1000 });
  assert.equal(api.calls.at(-1)?.verb, "stop");
});

test("the client reads a log from a given byte", async (t) => {
  const { client, api, submit } = await setup(t);
  await submit();
  writeFileSync(await api.logFile(1, "raw"), '{"n":1}\n{"n":2}\n');
  const read = async (from: number): Promise<string> => {
    const parts: Buffer[] = [];
    for await (const part of client.log(1, { kind: "raw", from })) parts.push(part);
    return Buffer.concat(parts).toString();
  };
  assert.equal(await read(0), '{"n":1}\n{"n":2}\n');
  assert.equal(await read(8), '{"n":2}\n');
  assert.equal(await read(16), "");
});

test("the client sends the token over TCP and says when it is wrong or missing", async (t) => {
  const { overTcp } = await setup(t);
  assert.equal((await overTcp().server()).service, "claude-worker");
  await assert.rejects(overTcp("wrong").server(), { name: "WorkerError", code: "unauthorized" });
  await assert.rejects(overTcp(null).server(), { code: "unauthorized" });
});

test("the client throws the server's own code, sentence and problems", async (t) => {
  const { client } = await setup(t);
  await assert.rejects(client.submitTask({ prompt: " ", working_directory: "/" }), (error) => {
    assert.ok(error instanceof WorkerError);
    assert.equal(error.code, "invalid_input");
    assert.match(error.message, /empty/);
    assert.equal(error.problems[0]?.pointer, "/prompt");
    return true;
  });
});

test("the client says that no server listens and nothing was carried out", async () => {
  const client = new WorkerClient({ kind: "socket", path: "/nonexistent/server.sock" });
  await assert.rejects(client.server(), (error) => {
    assert.ok(error instanceof ServerUnreachable);
    assert.equal(error.code, "server_unreachable");
    assert.equal(error.connectionRefused, true);
    assert.match(error.message, /claude-worker server start/);
    return true;
  });
});

test("the client says that a cut request may have been carried out", async (t) => {
  const client = await serverThat(t, (request) => request.socket.destroy());
  await assert.rejects(client.server(), (error) => error instanceof ServerUnreachable && !error.connectionRefused);
});

test("the client reports a server that breaks off in the middle of its answer", async (t) => {
  const client = await serverThat(t, (_request, response) => {
    response.writeHead(200, { "content-length": 100 }).write("{", () => response.destroy());
  });
  await assert.rejects(client.server(), ServerUnreachable);
});

test("the client gives up on a server that stays silent", async (t) => {
  const client = await serverThat(t, () => undefined);
  await assert.rejects(client.health({}, { silenceMs: 50 }), /said nothing for 0\.05 s\. If it hangs/);
  const writing = httpClient(client.address).json({ method: "POST", path: "/tasks", body: {}, silenceMs: 50 });
  await assert.rejects(writing, /said nothing for 0\.05 s and may still carry out the request/);
});

test("the client refuses an answer that is not from this kind of server", async (t) => {
  const client = await serverThat(t, (_request, response) =>
    response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>"),
  );
  await assert.rejects(client.server(), { code: "internal", message: /502 Bad Gateway/ });
});

test("the client refuses a success that is not JSON", async (t) => {
  const client = await serverThat(t, (_request, response) => response.end("<h1>Welcome</h1>"));
  await assert.rejects(client.server(), { name: "WorkerError", message: /not a Claude Worker/ });
});

test("the client keeps a path in front of the API's", async (t) => {
  const asked: string[] = [];
  const server = await listening(t, (request, response) => void (asked.push(String(request.url)), response.end("{}")));
  const client = new WorkerClient(urlAddress(`${server}/worker/`, null));
  await client.server();
  assert.deepEqual(asked, ["/worker/api/v1/server"]);
});

test("the client refuses invalid addresses", () => {
  for (const text of ["", "localhost:8000", "ftp://host", "http://user:secret@host"]) {
    assert.throws(() => urlAddress(text, null), { code: "invalid_input" }, text);
  }
});

async function serverThat(t: TestContext, listener: RequestListener): Promise<WorkerClient> {
  const client = new WorkerClient(urlAddress(await listening(t, listener), null));
  t.after(() => client.close());
  return client;
}

async function listening(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
