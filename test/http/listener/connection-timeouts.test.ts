import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { defaultTimeouts, limitConnections } from "../../../src/http/listener/connection-timeouts.ts";
import { eventually } from "../../../testing/eventually.ts";

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

/** A server with limits; its own timers are off. It answers in two parts. */
async function setup(t: TestContext) {
  const sockets: Socket[] = [];
  const finish: (() => void)[] = [];
  const server = createServer((request, response) => {
    sockets.push(request.socket);
    response.write("the beginning");
    finish.push(() => response.end("the end"));
  });
  server.headersTimeout = server.requestTimeout = server.keepAliveTimeout = 0;
  const limits = limitConnections(server, defaultTimeouts);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const before = timers();
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  t.after(() => {
    client.destroy();
    server.close();
  });
  client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(client, "data");
  assert.equal(timers(), before + 1, "the reader is watched");
  const [socket, end] = [sockets[0], finish[0]];
  assert.ok(socket !== undefined && end !== undefined);
  return { limits, client, before, socket, end };
}

test("a connection that ends in the middle of its answer leaves no timer", async (t) => {
  const { client, before } = await setup(t);
  client.destroy();
  await eventually(() => timers() === before);
});

test("an idle connection has one timer, and one that left HTTP has none", async (t) => {
  const { limits, client, before, socket, end } = await setup(t);
  end();
  await once(client, "data");
  limits.idle(socket);
  assert.equal(timers(), before + 1);
  limits.leave(socket);
  assert.equal(timers(), before);
});
