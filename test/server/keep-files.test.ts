import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { pino } from "pino";
import { pathsFrom } from "../../src/config/paths.ts";
import { prepareDataDirectory } from "../../src/server/data-directory.ts";
import { FileKeeper } from "../../src/server/keep-files.ts";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import { putEmptyDatabase } from "../../testing/empty-database.ts";
import { scratch } from "../../testing/scratch.ts";
import { until } from "../../testing/wait.ts";

/** A keeper of a real socket and a real store, with a count of what it made again. */
async function setup(t: TestContext) {
  const paths = pathsFrom({ CLAUDE_WORKER_HOME: scratch(t).dataHome });
  prepareDataDirectory(paths);
  putEmptyDatabase(paths.database);
  const store = openStore({ path: paths.database });
  const made = { sockets: 0, infos: 0 };
  const servers: Server[] = [];
  const listen = async (): Promise<void> => {
    const server = createServer();
    servers.push(server);
    await once(server.listen(paths.serverSocket), "listening");
    made.sockets += 1;
  };
  const writeInfo = (): void => {
    made.infos += 1;
    writeFileSync(paths.serverInfo, "{}");
  };
  const keeper = new FileKeeper({ paths, store, log: pino({ level: "silent" }), leaveIfLost: () => false, listen, writeInfo });
  writeFileSync(paths.token, "t");
  await listen();
  writeInfo();
  t.after(async () => {
    await keeper.stop();
    for (const server of servers) server.close();
    await store.close();
  });
  keeper.start();
  return { paths, keeper, made };
}

test("a keeper makes again what was removed, and only that", async (t) => {
  const { paths, keeper, made } = await setup(t);
  rmSync(paths.token);
  await until("a report of the token", () => /token file .* was removed/.test(keeper.problems().join()) || null);
  assert.deepEqual(made, { sockets: 1, infos: 1 }, "nothing else was removed");
  writeFileSync(paths.token, "new");
  await until("a token", () => keeper.problems().length === 0 || null);
  rmSync(paths.serverSocket);
  await until("another socket", () => made.sockets === 2 || null);
  rmSync(paths.serverInfo);
  await until("another server.json", () => made.infos === 2 || null);
  assert.equal(made.sockets, 2);
});

test("a keeper makes the socket's directory again, and watches it", async (t) => {
  const { paths, keeper, made } = await setup(t);
  rmSync(paths.run, { recursive: true });
  await until("another socket", () => made.sockets === 2 || null);
  rmSync(paths.serverSocket);
  await until("a third socket", () => made.sockets === 3 || null);
  assert.deepEqual(keeper.problems(), []);
});

test("a keeper that was stopped makes nothing again", async (t) => {
  const { paths, keeper, made } = await setup(t);
  rmSync(paths.serverSocket);
  await keeper.stop();
  assert.deepEqual([made.sockets, existsSync(paths.serverSocket)], [1, false]);
});
