import assert from "node:assert/strict";
import { appendFileSync, renameSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { FollowedFile } from "../../src/cli/task/followed-file.ts";
import { eventually } from "../../testing/eventually.ts";
import { withoutServer } from "./setup.ts";

test("server logs shows the newest lines without a server", async (t) => {
  const { call, place } = withoutServer(t);
  assert.match((await call(["server", "logs"])).stderr, /^Error: There is no log at .+server\.log: no server has been started/);
  place.file("data/server.log", Array.from({ length: 5000 }, (_, index) => `line ${index + 1} ${"x".repeat(100)}\n`).join(""));
  const lines = (await call(["server", "logs"])).stdout.trimEnd().split("\n");
  assert.deepEqual([lines.length, lines[0]?.slice(0, 9), lines.at(-1)?.slice(0, 9)], [100, "line 4901", "line 5000"]);
  assert.equal((await call(["server", "logs", "-n", "1"])).stdout.slice(0, 9), "line 5000");
  assert.equal((await call(["server", "logs", "-n", "0"])).stdout, "");
});

test("server logs -f follows, also into a new file of the same name", async (t) => {
  const { start, place } = withoutServer(t);
  const file = place.file("data/server.log", "one\n");
  const logs = start(["server", "logs", "-f"]);
  await eventually(() => logs.stdout() === "one\n");
  appendFileSync(file, "two\n");
  await eventually(() => logs.stdout() === "one\ntwo\n");
  renameSync(file, path.join(place.dataHome, "server.log.1"));
  await delay(100); // Nothing shows that the reader has met the moment without a file.
  writeFileSync(file, "longer than the old one\n");
  await eventually(() => logs.stdout() === "one\ntwo\nlonger than the old one\n");
  logs.interrupt();
  assert.equal((await logs.done).code, 130);
});

test("server logs shows what was added, and a file that was cut from its start", async (t) => {
  const { start, place } = withoutServer(t);
  const file = place.file("data/server.log", "one\n");
  const logs = start(["server", "logs", "-f"]);
  await eventually(() => logs.stdout() === "one\n");
  utimesSync(file, 1, 1);
  appendFileSync(file, "two\n");
  await eventually(() => logs.stdout().endsWith("two\n"));
  utimesSync(file, 2, 2);
  truncateSync(file);
  await eventually(() => {
    appendFileSync(file, "new\n");
    return logs.stdout().endsWith("new\n");
  });
  assert.match(logs.stdout(), /^one\ntwo\n(new\n)+$/);
  logs.interrupt();
  await logs.done;
});

test("a file is followed until the signal, also when that was given before", async (t) => {
  const { place } = withoutServer(t);
  const followed = new FollowedFile(place.file("grows.log", "one\n"));
  assert.deepEqual(await followed.newestLines(1), ["one"]);
  for await (const chunk of followed.growth(AbortSignal.abort())) assert.fail(chunk.toString());
});

test("server logs of a remote server is refused", async (t) => {
  const { call } = withoutServer(t);
  assert.equal((await call(["server", "logs"], { env: { CLAUDE_WORKER_SERVER_URL: "http://127.0.0.1:1" } })).code, 2);
});
