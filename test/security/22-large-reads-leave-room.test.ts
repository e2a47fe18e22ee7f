/** Item 22: many large reads of one token do not keep the answers of another one waiting. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { test } from "node:test";
import { eventually } from "../../testing/eventually.ts";
import { openDoor } from "../../testing/http-door.ts";
import { CallerTurns } from "../../src/http/request/caller-turns.ts";

test("a small read is answered before the many large ones of another token", async (t) => {
  const open = await openDoor(t);
  const working_directory = "/tmp";
  for (const size of [4 * 1024 * 1024, 1])
    await open.call({ path: "/api/v1/tasks", body: { prompt: "p".repeat(size), working_directory } });
  const { token } = (await open.call({ path: "/api/v1/tokens", body: { name: "large", scope: "read" } })).json() as { token: string };
  const answered: string[] = [];
  const ask = async (name: string, task: number, secret: string): Promise<() => void> => {
    const socket: Socket = connect(open.port, "127.0.0.1");
    t.after(() => socket.destroy());
    await once(socket, "connect");
    socket.once("data", () => {
      answered.push(name);
      socket.destroy();
    });
    const host = `127.0.0.1:${open.port}`;
    return () => socket.write(`GET /api/v1/tasks/${task} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${secret}\r\n\r\n`);
  };
  const large = await Promise.all(Array.from({ length: 40 }, async () => await ask("large", 1, token)));
  const small = await ask("small", 2, open.token);
  for (const send of large) send();
  small();
  await eventually(() => answered.length === 41);
  assert.ok(answered.indexOf("small") < 10, answered.join(" "));
});

test("each caller begins one request in a turn, and its requests stay in order", async () => {
  const turns = new CallerTurns();
  const begun: string[] = [];
  const begin = async (caller: string, what: string): Promise<void> => {
    await turns.begin(caller);
    begun.push(what);
  };
  await Promise.all([begin("a", "a1"), begin("a", "a2"), begin("a", "a3"), begin("b", "b1"), begin("b", "b2")]);
  assert.deepEqual(begun, ["a1", "b1", "a2", "b2", "a3"]);
  // After a large answer others come first, also those that arrive later.
  await turns.begin("a");
  turns.tookLong("a");
  const after = [begin("a", "after")];
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([begin("b", "meanwhile"), ...after]);
  assert.deepEqual(begun.slice(5), ["meanwhile", "after"]);
});
