import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { eventually } from "../../testing/eventually.ts";
import { withServer } from "./setup.ts";

test("logs shows the story, its newest lines, its newest part, or every event as JSON", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  for (let each = 1; each <= 30; each++) await api.tell(1, "text", { text: `line ${each}\nmore` });
  assert.equal((await call(["logs", "1"])).stdout.trimEnd().split("\n").length, 60);
  assert.deepEqual(
    (await call(["logs", "1", "-n", "3"])).stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(25)),
    ["more", "line 30", "more"],
  );
  assert.equal((await call(["logs", "1", "-n", "0"])).stdout, "");
  assert.equal((await call(["logs", "1", "--since", "1h"])).stdout.trimEnd().split("\n").length, 60);
  assert.equal((await call(["logs", "1", "--since", "2099-01-01"])).stdout, "");
  const events = (await call(["logs", "1", "--json", "-n", "2"])).stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: { seq: number } });
  assert.deepEqual(
    events.map(({ event }) => event.seq),
    [30, 31],
  );
});

test("logs -n gives the number of lines that was asked for, or all there are", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  const newest = async (count: number): Promise<string[]> =>
    (await call(["logs", "1", "-n", String(count)])).stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(25));
  for (const text of ["zero", "one", "two", "three"]) await api.tell(1, "text", { text });
  assert.deepEqual(await newest(20), ["zero", "one", "two", "three"]);
  for (let each = 0; each < 300; each += 1) await api.tell(1, "session", { session_id: "s" });
  assert.deepEqual(await newest(2), ["two", "three"]);
  assert.deepEqual(await newest(3), ["one", "two", "three"]);
  assert.deepEqual(await newest(5), ["zero", "one", "two", "three"]);
});

test("logs --raw gives the file as it is, or its newest lines", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  assert.match((await call(["logs", "1", "--raw"])).stderr, /has no such log: it has not started yet/);
  const lines = Array.from({ length: 5 }, (_, index) => `{"_n":${index + 1},"_at":"2026-11-22T12:00:0${index}.000Z","text":"ü"}`);
  writeFileSync(await api.logFile(1, "raw"), `${lines.join("\n")}\n`);
  assert.equal((await call(["logs", "1", "--raw"])).stdout, `${lines.join("\n")}\n`);
  assert.equal((await call(["logs", "1", "--raw", "-n", "2"])).stdout, `${lines.slice(-2).join("\n")}\n`);
  assert.equal((await call(["logs", "1", "--raw", "--since", "2026-11-22T12:00:03Z"])).stdout, `${lines.slice(-2).join("\n")}\n`);
});

test("logs -f goes on until the end, raw ones too", async (t) => {
  const { api, start, call } = await withServer(t);
  await call(["run", "x"]);
  const story = start(["logs", "1", "-f", "--all"]);
  const raw = start(["logs", "1", "-f", "--raw"]);
  await eventually(() => story.stdout().endsWith("submitted\n") && api.subscriptions >= 1);
  await api.tell(1, "text", { text: "hello" });
  await eventually(() => story.stdout().includes("hello"));
  writeFileSync(await api.logFile(1, "raw"), '{"_n":1}\n');
  await api.tell(1, "text", { text: "again" });
  await eventually(() => raw.stdout() === '{"_n":1}\n');
  writeFileSync(await api.logFile(1, "raw"), '{"_n":1}\n{"_n":2}\n');
  await api.finish(1);
  assert.equal((await story.done).code, 0);
  const answer = await raw.done;
  assert.deepEqual([answer.code, answer.stdout], [0, '{"_n":1}\n{"_n":2}\n']);
});

test("logs -f is left with Ctrl-C, and the task goes on", async (t) => {
  const { api, start, call } = await withServer(t);
  await call(["run", "x"]);
  const story = start(["logs", "1", "-f"]);
  await eventually(() => api.subscriptions === 1);
  story.interrupt();
  const { code, stderr } = await story.done;
  assert.deepEqual([code, stderr], [130, "Task 1 continues.\n"]);
});

test("logs of a waiting task say why it waits; only --all says when it was submitted", async (t) => {
  const { call } = await withServer(t);
  await call(["hold", "lunch"]);
  await call(["run", "x"]);
  const { code, stdout, stderr } = await call(["logs", "1"]);
  assert.deepEqual([code, stdout, stderr], [0, "", "Task 1 waits: lunch\n"]);
  assert.match((await call(["logs", "1", "--all"])).stdout, /^\S+Z \[task\] submitted\n$/);
});

test("logs --raw refuses the flags that choose events", async (t) => {
  const { call } = await withServer(t);
  await call(["run", "x"]);
  for (const flag of ["--errors", "--tools", "--text", "--all"]) {
    const { code, stderr } = await call(["logs", "1", "--raw", flag]);
    assert.deepEqual([code, stderr], [2, `Error: --raw prints every message, so ${flag} cannot choose from it. Give one of the two.\n`]);
  }
});

test("logs and watch mark what a sub-agent says", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  await api.tell(1, "text", { text: "done" });
  await api.tell(1, "text", { text: "inner\nwords", parent_tool_use_id: "toolu_1" });
  await api.finish(1);
  const lines = (text: string): string[] => text.split("\n").map((line) => line.slice(25));
  assert.deepEqual(lines((await call(["logs", "1"])).stdout).slice(0, 3), ["done", "↳ inner", "  words"]);
  const watched = (await call(["watch", "1"])).stdout;
  assert.match(watched, /Z ↳ inner\n/);
  assert.equal(watched.match(/\bdone\b/g)?.length, 1);
});
