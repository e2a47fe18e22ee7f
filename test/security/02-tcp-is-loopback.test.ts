/**
 * Items 2-4: TCP listens where it was told, on a literal address; never everywhere, never on
 * another port.
 */
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createHttp } from "../../src/http/server.ts";
import type { HttpDoor } from "../../src/http/server.ts";
import { realApi } from "../../testing/real-api.ts";

function setup(t: TestContext): HttpDoor {
  const door = createHttp({ api: realApi(t).api, token: "t".repeat(43), log: { error: () => {} } });
  t.after(() => door.stop());
  return door;
}

async function reaches(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

for (const host of [
  "0.0.0.0",
  "::",
  "0",
  "0x0",
  "::0",
  "::ffff:0.0.0.0",
  "",
  " ",
  "0.0",
  "0.0.0",
  "00.0.0.0",
  "0x0.0x0.0x0.0x0",
  "0:0:0:0:0:0:0:0",
  "[::]",
  "::ffff:0:0",
]) {
  test(`listening on ${JSON.stringify(host)}, which means everywhere, is refused`, async (t) => {
    await assert.rejects(setup(t).listenTcp(host, 0), { code: "invalid_input", message: /--dangerously-bind-all/ });
  });
}

for (const host of ["example.com", "*", "127.0.0.1.evil.test", "localhost@evil"]) {
  test(`the host ${JSON.stringify(host)}, which is not an address, is refused`, async (t) => {
    await assert.rejects(setup(t).listenTcp(host, 0), { code: "invalid_input" });
  });
}

test("the server listens on 127.0.0.1 only, also for the name localhost", async (t) => {
  const { port } = await setup(t).listenTcp("localhost", 0);
  assert.equal(await reaches("127.0.0.1", port), true);
  const others = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal }) => !internal);
  for (const { address, family } of others) {
    if (family === "IPv4") assert.equal(await reaches(address, port), false, address);
  }
});

test("the server listens everywhere only with the dangerous flag", async (t) => {
  const { port } = await setup(t).listenTcp("0.0.0.0", 0, { dangerouslyBindAll: true });
  assert.equal(await reaches("127.0.0.1", port), true);
});

test("a taken port is an error that names the port and its flag", async (t) => {
  const squatter = createServer().listen(0, "127.0.0.1");
  t.after(() => squatter.close());
  await new Promise((resolve) => squatter.once("listening", resolve));
  const { port } = squatter.address() as AddressInfo;
  const message = new RegExp(
    `^Port ${port} on 127\\.0\\.0\\.1 is taken by another program\\. Give another one: claude-worker server start --port`,
  );
  await assert.rejects(setup(t).listenTcp("127.0.0.1", port), { code: "conflict", message });
});
