import assert from "node:assert/strict";
import { createServer } from "node:net";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { ServerUnreachable, WorkerClient } from "../../src/client/index.ts";
import { parseAnswer } from "../../src/client/one-shot.ts";
import { scratch } from "../../testing/scratch.ts";
import { setup } from "./setup.ts";

test("a one-shot request gets the same answers as a kept connection", async (t) => {
  const { socket, api } = await setup(t);
  const client = new WorkerClient({ kind: "socket", path: socket }, { isShortLived: true });
  const task = await client.submitTask({ prompt: "ö".repeat(500_000), working_directory: "/" });
  assert.equal(task.prompt.length, 500_000);
  await assert.rejects(client.getTask({ id: 99 }), { code: "not_found" });
  await assert.rejects(client.submitTask({ prompt: "", working_directory: "/" }), { code: "invalid_input" });
  await api.finish(1);
  assert.equal(await client.removeTask({ id: 1 }), undefined);
});

test("a one-shot request reads every encoding of a body", () => {
  const answers: [string, string | null][] = [
    ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "{}"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}more", "{}"],
    ["HTTP/1.0 200\r\n\r\n{}", "{}"],
    ["HTTP/1.1 204 No Content\r\n\r\n", ""],
    ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\n{}", "{}"],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\n{"a\r\nA\r\n":1,"b":2}\r\n0\r\n\r\n', '{"a":1,"b":2}'],
    ["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", null],
    ["HTTP/1.1 200 OK\r\nContent-Length: 3", null],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}", null],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", null],
    ["SSH-2.0-OpenSSH\r\n\r\n", null],
    ["", null],
  ];
  for (const [bytes, text] of answers) assert.equal(parseAnswer(Buffer.from(bytes))?.text ?? null, text, JSON.stringify(bytes));
});

test("a one-shot request joins characters that arrive in parts", async (t) => {
  const body = Buffer.from(JSON.stringify({ tasks: ["日本"], next_cursor: null }));
  const client = await serving(t, (write, end) => {
    write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
    for (const byte of body) write(Buffer.from([byte]));
    end();
  });
  assert.deepEqual((await client.listTasks()).tasks, ["日本"]);
});

test("the client tells apart a cut answer, a silent server and one without HTTP", async (t) => {
  const broken = await serving(t, (write, end) => (write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"), end()));
  await assert.rejects(broken.listTasks(), (error) => error instanceof ServerUnreachable && !error.connectionRefused);
  const silent = await serving(t, () => undefined);
  await assert.rejects(silent.health({}, { silenceMs: 50 }), /said nothing for 0\.05 s/);
  const other = await serving(t, (write, end) => (write("220 mail.example.com ESMTP\r\n"), end()));
  await assert.rejects(other.listTasks(), ServerUnreachable);
});

test("the client repeats what is repeatable when the server closes before its answer", async (t) => {
  let connections = 0;
  const client = await serving(t, (write, end) => {
    connections += 1;
    if (connections !== 2) return end();
    write('HTTP/1.1 200 OK\r\ncontent-length: 31\r\n\r\n{"tasks":[],"next_cursor":null}');
    end();
  });
  assert.deepEqual((await client.listTasks()).tasks, []);
  assert.equal(connections, 2);
  await assert.rejects(
    client.submitTask({ prompt: "x", working_directory: "/" }),
    (error) => error instanceof ServerUnreachable && error.brokeOff,
  );
  assert.equal(connections, 3);
  // With a key it is the same task, and a hold is a hold.
  for (const call of [
    () => client.submitTask({ prompt: "x", working_directory: "/" }, { idempotencyKey: "k" }),
    () => client.hold({ reason: "lunch" }),
  ]) {
    connections = 10;
    await assert.rejects(call(), ServerUnreachable);
    assert.equal(connections, 12);
  }
});

test("a one-shot request lets no header smuggle in another", async (t) => {
  const { socket } = await setup(t);
  const client = new WorkerClient({ kind: "socket", path: socket }, { isShortLived: true });
  await assert.rejects(client.submitTask({ prompt: "x", working_directory: "/" }, { idempotencyKey: "a\r\nx: y" }), {
    code: "invalid_input",
  });
});

async function serving(
  t: TestContext,
  answer: (write: (bytes: string | Buffer) => void, end: () => void) => unknown,
): Promise<WorkerClient> {
  const socketPath = path.join(scratch(t).directory, "s.sock");
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    t.after(() => socket.destroy());
    socket.once("data", () =>
      answer(
        (bytes) => void socket.write(bytes),
        () => void socket.end(),
      ),
    );
  });
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return new WorkerClient({ kind: "socket", path: socketPath }, { isShortLived: true });
}
