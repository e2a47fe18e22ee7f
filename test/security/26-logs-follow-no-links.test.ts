/** Item 26: the log route sends the task's own file or nothing. */
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { openDoor } from "../../testing/http-door.ts";

test("a link, a directory or a pipe in the place of a log is not sent", async (t) => {
  const open = await openDoor(t);
  const logs = open.api.paths.logs;
  writeFileSync(path.join(logs, "secret"), "top secret");
  for (const make of [
    (file: string) => symlinkSync(path.join(logs, "secret"), file),
    (file: string) => mkdirSync(file),
    (file: string) => void execFileSync("mkfifo", [file]),
  ]) {
    const { id } = (await open.call({ path: "/api/v1/tasks", body: { prompt: "p", working_directory: "/tmp" } })).json();
    make(path.join(logs, `task_${String(id)}_summary.log`));
    const answer = await open.call({ path: `/api/v1/tasks/${String(id)}/logs` });
    assert.equal(answer.status, 404);
    assert.ok(!answer.text.includes("top secret"));
  }
});

test("the address of a log cannot leave the log directory", async (t) => {
  const { call } = await openDoor(t);
  for (const id of ["..", "%2e%2e%2f", "1%2f..", "../../etc/passwd", "1/../../x", "1%00"]) {
    assert.ok([400, 404].includes((await call({ path: `/api/v1/tasks/${id}/logs` })).status), id);
  }
  assert.equal((await call({ path: "/api/v1/tasks/1/logs?kind=../raw" })).status, 400);
});
