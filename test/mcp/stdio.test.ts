import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { eventually } from "../../testing/eventually.ts";
import { callTool, goodTask, openMcp } from "../../testing/mcp.ts";
import type { OpenMcp, Pipe } from "../../testing/mcp.ts";
import { muteServer } from "../../testing/mute-server.ts";
import type { MuteServer } from "../../testing/mute-server.ts";

const hello = {
  id: "hello",
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "line-client", version: "1" } },
};

async function greeted(pipe: Pipe): Promise<Pipe> {
  pipe.send(hello);
  await pipe.next(({ id }) => id === "hello");
  pipe.send({ method: "notifications/initialized" });
  return pipe;
}

const call = (id: number, name: string, input: object = {}) => ({ id, method: "tools/call", params: { name, arguments: input } });
const answered = (wanted: unknown) => (message: Record<string, unknown>) => message["id"] === wanted && message["method"] === undefined;

for (const era of ["2026", "2025"] as const) {
  test(`an MCP session over standard streams creates, waits and reads (${era})`, async (t) => {
    const { stdio, api, run, corner } = await openMcp(t);
    const client = await stdio({ era });
    assert.deepEqual(client.getServerVersion()?.name, "claude-worker");
    const { working_directory: _project, ...task } = goodTask("");
    const { id } = (await callTool(client, "create_task", task))["task"] as { id: number };
    assert.equal((await api.getTask({ id })).working_directory, corner.work, "the session's project is the default directory");
    const wait = callTool(client, "wait_for_tasks", { ids: [id] });
    await run(id, []);
    assert.equal(((await wait)["ended"] as unknown[]).length, 1);
  });
}

test("MCP with --read-only has no tool that changes anything", async (t) => {
  const { stdio } = await openMcp(t);
  const client = await stdio({ words: ["--read-only"] });
  const { tools } = await client.listTools();
  assert.deepEqual(
    tools.map(({ name }) => name),
    [
      "get_task",
      "list_tasks",
      "wait_for_tasks",
      "get_task_logs",
      "get_task_attempts",
      "get_task_diff",
      "get_task_review",
      "list_templates",
      "get_workflow",
      "list_schedules",
      "list_questions",
      "list_groups",
      "get_usage",
    ],
  );
  assert.deepEqual(
    (await client.listPrompts()).prompts.map(({ name }) => name),
    ["review_task"],
  );
  await assert.rejects(client.callTool({ name: "create_task", arguments: {} }), /not found/);
});

test("a malformed MCP message is answered as JSON-RPC says", async (t) => {
  const mcp = await openMcp(t);
  const pipe = await greeted(mcp.pipe());
  const broken: [string, number][] = [
    ["not json\n", -32700],
    ['{"jsonrpc":"2.0"\n', -32700],
    ["[]\n", -32600],
    ["42\n", -32600],
    ["null\n", -32600],
    ['{"jsonrpc":"1.0","id":9,"method":"ping"}\n', -32600],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}\n', -32600],
    ['{"jsonrpc":"2.0","id":9,"method":7}\n', -32600],
  ];
  for (const [line, code] of broken) {
    pipe.send(line);
    const { error } = await pipe.next((line) => line.error !== undefined);
    assert.equal((error as { code: number }).code, code, line);
  }
  pipe.send({ id: 10, method: "no/such/method" });
  assert.equal(((await pipe.next(answered(10)))["error"] as { code: number }).code, -32601);
  pipe.send({ id: 11, method: "tools/call", params: {} });
  assert.ok((await pipe.next(answered(11)))["error"]);
  pipe.send(call(12, "no_such_tool"));
  assert.ok((await pipe.next(answered(12)))["error"]);
  pipe.send(`\n \n{"jsonrpc":"2.0","id":13,"method":"ping"}\r\n`);
  assert.deepEqual((await pipe.next(answered(13)))["result"], {});
  assert.equal(await pipe.end(), 0);
});

test("an oversized or deeply nested MCP message does not end the session", async (t) => {
  const mcp = await openMcp(t, { maxMessageBytes: 200_000 });
  const pipe = await greeted(mcp.pipe());
  pipe.send(call(1, "create_task", goodTask(mcp.corner.work, { prompt: `${"x ".repeat(200_000)} src/a.ts` })));
  const { error } = await pipe.next(({ id }) => id === null);
  assert.match((error as { message: string }).message, /200000 bytes at most/);
  pipe.send(
    `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"get_task","arguments":${"[".repeat(90_000)}${"]".repeat(90_000)}}}\n`,
  );
  assert.ok(await pipe.next(({ id }) => id === 2 || id === null));
  pipe.send({ id: 3, method: "ping" });
  await pipe.next(answered(3));
  assert.equal((await mcp.api.listTasks({})).tasks.length, 0);
});

test("two MCP clients at once stay apart", async (t) => {
  const { stdio, corner } = await openMcp(t);
  const [one, two] = await Promise.all([stdio(), stdio({ era: "2025" })]);
  const create = (client: typeof one, name: string) => callTool(client, "create_task", goodTask(corner.work, { name }));
  const tasks = await Promise.all([...Array(10).keys()].flatMap((index) => [create(one, `one ${index}`), create(two, `two ${index}`)]));
  const names = tasks.map(({ task }) => (task as { name: string }).name);
  assert.deepEqual(
    names,
    [...Array(10).keys()].flatMap((index) => [`one ${index}`, `two ${index}`]),
  );
});

/** A connection that is upgraded by hand, as the pipe does it. */
async function upgraded(t: TestContext, mcp: OpenMcp): Promise<net.Socket> {
  const socket = net.connect(mcp.socket);
  t.after(() => socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.write("GET /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: claude-worker-mcp\r\n\r\n");
  return socket;
}

test("an MCP client that never reads costs the server a bounded amount", async (t) => {
  const mcp = await openMcp(t);
  const socket = await upgraded(t, mcp);
  socket.pause();
  const line = `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" })}\n`;
  let sent = 0;
  const before = process.memoryUsage().external + process.memoryUsage().heapUsed;
  // Each answer is thousands of times as long as the request: far more than may be kept.
  const burst = line.repeat(100);
  let isBlocked = false;
  while (!isBlocked && sent < 20_000) {
    isBlocked = !socket.write(burst);
    sent += 100;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(isBlocked, `the server still took requests after ${sent}`);
  global.gc?.();
  const grown = process.memoryUsage().external + process.memoryUsage().heapUsed - before;
  assert.ok(grown < 300e6, `grown by ${Math.round(grown / 1e6)} MB`);
  const other = await mcp.http();
  assert.ok((await callTool(other, "list_tasks"))["counts"]);
});

test("an MCP session outlives the server: its wait continues and ids stay", async (t) => {
  const first = await openMcp(t);
  const pipe = await greeted(first.pipe());
  pipe.send({ id: 1, method: "tools/list" });
  await pipe.next(answered(1));
  pipe.send(call(2, "create_task", goodTask(first.corner.work)));
  await pipe.next(answered(2));
  await first.door.stop();
  const mute = await muteServer(t, first.socket);
  pipe.send(call(3, "wait_for_tasks", { ids: [1] }));
  pipe.send(call(4, "create_task", goodTask(first.corner.work, { name: "unsafe" })));
  pipe.send(call(5, "create_task", goodTask(first.corner.work, { name: "safe", idempotency_key: "k" })));
  await eventually(() => mute.lines.length >= 5);
  const again = ["hello", "notifications/initialized"];
  const said = (server: MuteServer): unknown[] => server.lines.map(({ id, method }) => id ?? method);
  assert.deepEqual(said(mute), [...again, 3, 4, 5], "the new server is told of the session first");
  const next = await muteServer(t, first.socket);
  mute.die();
  const lost = (await pipe.next(answered(4)))["result"] as { isError: boolean; content: { text: string }[] };
  assert.equal(lost.isError, true);
  assert.match(lost.content[0]?.text ?? "", /may have been carried out or not|carried out or not[\s\S]*list_tasks/);
  await eventually(() => next.lines.length >= 4);
  assert.deepEqual(said(next), [...again, 3, 5]);
});

test("an MCP call that kills server after server is given up", async (t) => {
  const mcp = await openMcp(t);
  const pipe = await greeted(mcp.pipe());
  pipe.send({ id: 1, method: "tools/list" });
  await pipe.next(answered(1));
  await mcp.door.stop();
  let server = await muteServer(t, mcp.socket);
  pipe.send(call(2, "get_task", { id: 1 }));
  for (let deaths = 0; deaths < 3; deaths += 1) {
    const dying = server;
    await eventually(() => dying.lines.some(({ id }) => id === 2));
    server = await muteServer(t, mcp.socket);
    dying.die();
  }
  assert.equal(((await pipe.next(answered(2)))["result"] as { isError: boolean }).isError, true);
});
