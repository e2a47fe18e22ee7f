/**
 * src/mcp/line-transport.ts: lines in pieces, clients that read slowly or not at all, and calls
 * that stay open.
 */
import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { LineTransport } from "../../src/mcp/line-transport.ts";
import type { LineTransportOptions } from "../../src/mcp/line-transport.ts";

const lookMs = 1000;

interface Line {
  readonly id?: unknown;
  readonly method?: string;
  readonly error?: { readonly code: number; readonly message: string };
}

/**
 * A transport over a connection whose client reads only while `client.reads`. Timers stand still
 * until a test moves them.
 */
async function setup(t: TestContext, options: Partial<LineTransportOptions> = {}) {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const client = { reads: true, got: "" };
  let unread: (() => void) | null = null;
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      const take = (): void => {
        client.got += chunk.toString();
        done();
      };
      if (client.reads) take();
      else unread = take;
    },
  });
  const transport = new LineTransport(socket, { maxMessageBytes: 4096, lookMs, ...options });
  const messages: JSONRPCMessage[] = [];
  let closes = 0;
  Object.assign(transport, {
    onmessage: (message: JSONRPCMessage) => void messages.push(message),
    onclose: () => (closes += 1),
  });
  await transport.start();
  return {
    socket,
    transport,
    messages,
    closes: () => closes,
    /** Lines that the client got. */
    lines: (): Line[] =>
      client.got
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line),
    /** What the client sends. */
    say: async (bytes: string | Buffer): Promise<void> => {
      socket.push(bytes);
      await nextTurn();
    },
    stopReading: () => void (client.reads = false),
    readAgain: async (): Promise<void> => {
      client.reads = true;
      unread?.();
      await nextTurn();
    },
    looks: (count: number) => {
      for (let look = 0; look < count; look += 1) t.mock.timers.tick(lookMs);
    },
  };
}

const ping = (id: number): string => `{"jsonrpc":"2.0","id":${id},"method":"ping"}\n`;
const answer = (id: number, text = "") => ({ jsonrpc: "2.0", id, result: { text } }) as const;
const large = "x".repeat(2 * 1024 * 1024);
const idOf = (message: object): unknown => ("id" in message ? message.id : null);

test("MCP messages arrive whole, wherever the bytes are cut", async (t) => {
  const { say, messages } = await setup(t);
  const bytes = Buffer.from(`${ping(1)}\n \r\n{"jsonrpc":"2.0","id":2,"method":"ä€😀"}\r\n${ping(3)}`);
  for (const byte of bytes) await say(Buffer.from([byte]));
  await say(Buffer.concat([bytes, bytes]));
  const once = [1, 2, 3];
  assert.deepEqual(messages.map(idOf), [...once, ...once, ...once]);
  assert.deepEqual(
    messages.flatMap((message) => ("method" in message && idOf(message) === 2 ? message.method : [])),
    ["ä€😀", "ä€😀", "ä€😀"],
  );
});

test("an MCP message of the longest size is taken, and a longer one is refused", async (t) => {
  const { say, messages, lines } = await setup(t, { maxMessageBytes: 100 });
  const padded = (id: number, size: number): string => ping(id).trim().padEnd(size);
  await say(`${padded(1, 100)}\n`);
  assert.deepEqual(messages.map(idOf), [1]);
  await say(padded(2, 60));
  await say(`${" ".repeat(41)}\n${ping(3)}`);
  assert.deepEqual(messages.map(idOf), [1, 3]);
  assert.deepEqual(
    lines().map(({ id, error }) => [id, error?.code]),
    [[null, -32600]],
  );
  assert.match(lines()[0]?.error?.message ?? "", /100 bytes at most/);
});

test("the MCP transport does not read from a client that does not read", async (t) => {
  const { say, messages, transport, stopReading, readAgain, socket, looks } = await setup(t);
  stopReading();
  await transport.send(answer(1, large));
  await say(ping(2));
  assert.deepEqual(messages, [], "nothing is read while answers wait");
  looks(5);
  await readAgain();
  assert.deepEqual(messages.map(idOf), [2]);
  looks(20);
  assert.equal(socket.destroyed, false, "a client that read everything may be silent for as long as it likes");
});

test("an MCP client that reads nothing for six checks is disconnected", async (t) => {
  const { transport, stopReading, socket, looks } = await setup(t);
  stopReading();
  await transport.send(answer(1, large));
  await transport.send(answer(2, large));
  looks(5);
  assert.equal(socket.destroyed, false);
  looks(1);
  assert.equal(socket.destroyed, true);
});

test("an MCP client that reads slowly is kept", async (t) => {
  const { transport, stopReading, readAgain, socket, looks } = await setup(t);
  for (let round = 0; round < 4; round += 1) {
    stopReading();
    await transport.send(answer(round, large));
    await transport.send(answer(round, large));
    looks(5);
    await readAgain();
  }
  assert.equal(socket.destroyed, false);
});

test("an MCP answer shorter than the queue's limit stops no reading", async (t) => {
  const { say, messages, transport, stopReading } = await setup(t);
  stopReading();
  await transport.send(answer(1, "x".repeat(900 * 1024)));
  await say(ping(2));
  assert.deepEqual(messages.map(idOf), [2]);
});

test("only notifications are left out while an MCP client has much to read", async (t) => {
  const { transport, lines, stopReading, readAgain } = await setup(t);
  const notice = { jsonrpc: "2.0", method: "notifications/message" } as const;
  await transport.send(notice);
  stopReading();
  await transport.send(answer(1, large));
  await transport.send(notice);
  await transport.send({ jsonrpc: "2.0", id: 2, method: "roots/list" });
  await transport.send(answer(3));
  await readAgain();
  await transport.send(notice);
  assert.deepEqual(
    lines().map(({ id, method }) => id ?? method),
    ["notifications/message", 1, 2, 3, "notifications/message"],
  );
});

test("256 MCP calls may be open at once", async (t) => {
  const { say, messages, transport, lines } = await setup(t);
  await say(Array.from({ length: 257 }, (_, index) => ping(index)).join(""));
  assert.equal(messages.length, 256);
  assert.deepEqual(
    lines().map(({ id, error }) => [id, error?.code]),
    [[256, -32000]],
  );
  assert.match(lines()[0]?.error?.message ?? "", /256 calls/);
  await transport.send(answer(7));
  await say(ping(300));
  assert.equal(messages.length, 257);
  await say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":8}}\n${ping(301)}${ping(302)}`);
  assert.deepEqual(messages.slice(257).map(idOf), [null, 301]);
  await say(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"requestId":9}}\n${ping(303)}`);
  assert.deepEqual(messages.slice(259).map(idOf), [null], "another notification frees nothing");
});

test("a malformed MCP message is answered with its id if it has one", async (t) => {
  const { say, messages, lines } = await setup(t);
  await say('nonsense\n{"id":7}\n{"id":"seven"}\n{"id":[7]}\n7\nnull\n');
  assert.deepEqual(messages, []);
  assert.deepEqual(
    lines().map(({ id, error }) => [id, error?.code]),
    [
      [null, -32700],
      [7, -32600],
      ["seven", -32600],
      [null, -32600],
      [null, -32600],
      [null, -32600],
    ],
  );
});

for (const how of ["end", "close", "error"] as const) {
  test(`the MCP connection's ${how} closes the transport once`, async (t) => {
    const { socket, transport, closes, lines } = await setup(t);
    if (how === "end") socket.push(null);
    else socket.destroy(how === "error" ? new Error("reset") : undefined);
    await nextTurn();
    await transport.close();
    assert.equal(closes(), 1);
    await transport.send(answer(1));
    await nextTurn();
    assert.deepEqual(lines(), []);
  });
}

test("closing the MCP transport sends what is under way for a second at most", async (t) => {
  const { socket, transport, lines, stopReading, looks } = await setup(t);
  await transport.send(answer(1));
  stopReading();
  await transport.send(answer(2));
  await transport.close();
  assert.equal(socket.destroyed, false);
  looks(1);
  assert.equal(socket.destroyed, true);
  assert.deepEqual(lines().map(idOf), [1]);
});
