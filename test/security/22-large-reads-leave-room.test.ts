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

test("a caller's requests wait for others only after a large answer", async () => {
  const turns = new CallerTurns();
  const begun: string[] = [];
  const begin = async (caller: string, what: string): Promise<void> => {
    await turns.begin(caller);
    begun.push(what);
  };
  // Small requests begin in the turn in which they come: their writes share a commit.
  await Promise.all([begin("a", "a1"), begin("a", "a2"), begin("b", "b1")]);
  assert.deepEqual(begun, ["a1", "a2", "b1"]);
  turns.tookLong("a");
  const after = [begin("a", "after"), begin("a", "last")];
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([begin("b", "meanwhile"), ...after]);
  assert.deepEqual(begun.slice(3), ["meanwhile", "after", "last"]);
});
