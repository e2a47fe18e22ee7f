/** How a receiver is reached whose name has several addresses, of which only one works. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import dns from "node:dns/promises";
import { syncBuiltinESMExports } from "node:module";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { SMTPServer } from "smtp-server";
import type { ChannelForm, ChannelTarget } from "../../src/domain/notifications/channel.ts";
import type { Sent } from "../../src/notifications/adapter.ts";
import { createAdapters } from "../../src/notifications/adapters.ts";
import type { Message } from "../../src/notifications/message.ts";
import { receiver } from "../../testing/receiver.ts";

/** Nothing listens there. */
const dead = "127.0.0.3";
const works = "127.0.0.1";

/** The name `receiver.test` has these addresses, in this order. */
function named(t: TestContext, addresses: readonly string[]): void {
  t.mock.method(dns, "lookup", () => Promise.resolve(addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))));
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
}

function send(kind: ChannelForm, target: ChannelTarget, secret: string | null = null): Promise<Sent> {
  const content = { title: "Task 42 failed", text: "why", task: null, hold: null, question: null, links: [] };
  const message: Message = { id: "msg_1", event: "failed", occurredAt: 1_796_000_000_000, ...content };
  return createAdapters({})[kind].send(message, { target, secret, allowPrivate: true }, AbortSignal.timeout(15_000));
}

async function mailServer(t: TestContext): Promise<{ port: number; recipients: string[] }> {
  const recipients: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    onData: (stream, { envelope }, done) => {
      recipients.push(...envelope.rcptTo.map(({ address }) => address));
      stream.resume().on("end", () => done());
    },
  });
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, works, resolve));
  t.after(() => new Promise<void>((resolve) => server.close(resolve)));
  return { port: (server.server.address() as AddressInfo).port, recipients };
}

for (const first of ["::1", dead]) {
  test(`mail goes to the next address when ${first} refuses`, async (t) => {
    const { port, recipients } = await mailServer(t);
    named(t, [first, works]);
    const sent = await send("email", { to: "a@example.com", from: "w@example.com", url: `smtp://receiver.test:${port}` });
    assert.deepEqual([sent, recipients], [{ delivered: true }, ["a@example.com"]]);
  });

  test(`a webhook goes to the next address when ${first} refuses`, async (t) => {
    const hook = await receiver(t);
    named(t, [first, works]);
    const sent = await send("webhook", { url: hook.url.replace(works, "receiver.test") }, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    assert.deepEqual([sent, hook.received.length], [{ delivered: true }, 1]);
  });
}

/** A receiver that accepts no connection before it is let go: a way as long as that. */
async function slowReceiver(t: TestContext): Promise<{ port: number; letGo(): void }> {
  const script = `const server = require("node:http").createServer((_, response) => response.writeHead(204).end());
    server.listen({ host: "${works}", port: 0, backlog: 1 }, () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const waiting: Socket[] = [];
  t.after(() => {
    child.kill("SIGKILL");
    for (const socket of waiting) socket.destroy();
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(line.toString());
  child.kill("SIGSTOP");
  // These fill the queue of connections that were not accepted.
  for (let isFull = false; !isFull;) {
    const socket = connect({ host: works, port });
    socket.on("error", () => {});
    waiting.push(socket);
    // Time only: that a connection is not made can be seen in no other way.
    isFull = await Promise.race([once(socket, "connect").then(() => false), delay(200, true)]);
  }
  return { port, letGo: () => void child.kill("SIGCONT") };
}

test("an address that is slow is not given up for one that refuses", async (t) => {
  const { port, letGo } = await slowReceiver(t);
  named(t, [works, dead]);
  const sending = send("webhook", { url: `http://receiver.test:${port}/` }, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  // Time only: longer than the quarter of a second after which Node gives an address up.
  await delay(600);
  letGo();
  assert.deepEqual(await sending, { delivered: true });
});
