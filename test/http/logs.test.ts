/** Log files over HTTP: whole, in parts, and while they grow. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { byteRange } from "../../src/http/request/byte-range.ts";
import { openDoor } from "../../testing/http-door.ts";
import type { OpenDoor } from "../../testing/http-door.ts";

const text = "[session] one\n[text] two\n[result] three\n";

async function setup(t: TestContext): Promise<OpenDoor> {
  const open = await openDoor(t);
  await open.call({ path: "/api/v1/tasks", body: { prompt: "p", working_directory: "/tmp" } });
  writeFileSync(path.join(open.api.paths.logs, "task_1_summary.log"), text);
  return open;
}

test("the whole log is sent with its type", async (t) => {
  const { call } = await setup(t);
  const answer = await call({ path: "/api/v1/tasks/1/logs" });
  assert.deepEqual([answer.status, answer.text, answer.headers["content-type"]], [200, text, "text/plain; charset=utf-8"]);
  assert.equal(answer.headers["accept-ranges"], "bytes");
  assert.equal((await call({ method: "HEAD", path: "/api/v1/tasks/1/logs?kind=summary" })).headers["content-length"], String(text.length));
});

test("a range request gets that part of the log", async (t) => {
  const { call } = await setup(t);
  const part = await call({ path: "/api/v1/tasks/1/logs?kind=summary", headers: { range: "bytes=14-23" } });
  assert.deepEqual([part.status, part.text, part.headers["content-range"]], [206, "[text] two", `bytes 14-23/${text.length}`]);
  const beyond = await call({ path: "/api/v1/tasks/1/logs", headers: { range: `bytes=${text.length}-` } });
  assert.deepEqual([beyond.status, beyond.headers["content-range"]], [416, `bytes */${text.length}`]);
});

test("a log that is not there (yet) is 404 with the reason", async (t) => {
  const { call } = await setup(t);
  const answer = await call({ path: "/api/v1/tasks/1/logs?kind=raw" });
  assert.equal(answer.status, 404);
  assert.match(answer.text, /has not started yet/);
  assert.equal((await call({ path: "/api/v1/tasks/9/logs" })).status, 404);
});

for (const [header, size, expected] of [
  [undefined, 10, null],
  ["bytes=0-3", 10, { start: 0, end: 3 }],
  ["bytes=4-", 10, { start: 4, end: 9 }],
  ["bytes=-4", 10, { start: 6, end: 9 }],
  ["bytes=-40", 10, { start: 0, end: 9 }],
  ["bytes=0-400", 10, { start: 0, end: 9 }],
  ["bytes=10-", 10, "unsatisfiable"],
  ["bytes=-0", 10, "unsatisfiable"],
  ["bytes=0-", 0, "unsatisfiable"],
  ["bytes=5-3", 10, null],
  ["bytes=-", 10, null],
  ["bytes=0-1,4-5", 10, null],
  ["lines=0-1", 10, null],
  ["bytes=a-b", 10, null],
] as const) {
  test(`the range ${String(header)} of ${size} bytes is read`, () => assert.deepEqual(byteRange(header, size), expected));
}
