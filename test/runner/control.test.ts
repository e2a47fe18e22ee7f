import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { identityOf } from "../../src/processes/identity.ts";
import type { StartMessage } from "../../src/attempt-protocol/protocol.ts";
import { connectRunner } from "../../src/supervisor/runner-connection.ts";
import { plainSpec } from "../../testing/plain-task.ts";
import { notesOf, resultOf, startRunner } from "../../testing/runner.ts";
import type { RunnerSetup } from "../../testing/runner.ts";
import { scratch } from "../../testing/scratch.ts";
import { until } from "../../testing/wait.ts";

const fake = { module: path.resolve(import.meta.dirname, "../../testing/fake-agent.ts") };

async function setup(t: TestContext, options: Partial<RunnerSetup> = {}) {
  const place = scratch(t);
  const runner = await startRunner(t, { scratch: place, env: { HOME: place.home }, agent: fake, ...options });
  return { place, runner };
}

test("the runner's socket is private and greets with what the runner is", async (t) => {
  const { runner } = await setup(t);
  assert.equal(statSync(runner.boot.socket).mode & 0o777, 0o600);
  assert.partialDeepStrictEqual(runner.connection.hello, {
    type: "hello",
    protocol: 1,
    runnerId: runner.id,
    attemptId: null,
    journalSize: 0,
  });
});

test("several servers may listen to a runner, each learns the journal's length", async (t) => {
  const { runner } = await setup(t);
  const second = await connectRunner(runner.boot.socket);
  assert.ok(second);
  const heard: unknown[] = [];
  second.onMessage((message) => heard.push(message));
  const attempt = runner.start({ prompt: "steps 3" });
  await attempt.ended();
  const size = statSync(attempt.start.journal).size;
  assert.deepEqual(runner.messages.at(-1), { type: "ended", size });
  await until("the same news", () => JSON.stringify(heard.at(-1)) === JSON.stringify({ type: "ended", size }));
});

test("the reported size of the journal covers whole lines only", async (t) => {
  const { runner } = await setup(t);
  const attempt = runner.start({ prompt: "steps 20 delay 1 size 5000" });
  await attempt.ended();
  const bytes = readFileSync(attempt.start.journal);
  for (const message of runner.messages) {
    if (message.type === "journal" && message.size > 0) assert.equal(bytes[message.size - 1], 0x0a);
  }
});

test("a start that is sent twice to a runner starts once", async (t) => {
  const { runner } = await setup(t);
  const attempt = runner.start({ prompt: "steps 2 append log delay 20" });
  runner.connection.send(attempt.start);
  const records = await attempt.ended();
  assert.equal(notesOf(records, "started").length, 1);
  assert.equal(readFileSync(path.join(attempt.start.spec.workingDirectory, "log"), "utf8"), "1\n2\n");
});

test("a message is taken back before the agent runs, and before it comes", async (t) => {
  const { runner, place } = await setup(t);
  const message = (key: string) => ({ type: "message", message: { key, text: "more 1", continues: false, delivery: "next" } }) as const;
  const unsend = (key: string) => ({ type: "unsend", key, by: "socket" }) as const;
  const wait = "until [ -e gate ]; do sleep 0.05; done";
  const attempt = runner.start({ prompt: "steps 2 delay 20", verify: [wait] }, { baseline: true });
  await attempt.record("the check before the agent", ({ subtype }) => subtype === "verify_started");
  for (const each of [message("taken"), unsend("taken"), message("kept"), unsend("late"), message("late")]) runner.connection.send(each);
  await attempt.record("the last one taken back", ({ subtype, key }) => subtype === "message_taken_back" && key === "late");
  writeFileSync(path.join(place.work, "gate"), "");
  const records = await attempt.ended();
  const keys = (subtype: string): unknown[] => notesOf(records, subtype).map((note) => note["key"]);
  assert.deepEqual([keys("message_taken_back"), keys("message_delivered")], [["taken", "late"], ["kept"]]);
});

test("options that an older server does not know have their defaults", async (t) => {
  const { runner, place } = await setup(t);
  const { prompt, permissionMode, allow, deny, systemPrompt } = plainSpec({ prompt: "steps 1", workingDirectory: place.work });
  const older = { prompt, permissionMode, allow, deny, systemPrompt, workingDirectory: place.work, additionalDirectories: [] };
  const records = await runner.start({ prompt }, { spec: older as unknown as StartMessage["spec"] }).ended();
  assert.equal(resultOf(records)?.["subtype"], "success");
});

test("a runner refuses a second attempt and continues the first", async (t) => {
  const { runner } = await setup(t);
  const attempt = runner.start({ prompt: "steps 3 delay 50" });
  const other = runner.start({ prompt: "steps 3" });
  const records = await attempt.ended();
  assert.equal(resultOf(records)?.["subtype"], "success");
  assert.deepEqual(other.records(), []);
  assert.ok(runner.messages.some((message) => message.type === "refused" && message.attemptId === other.start.attemptId));
});

test("a runner refuses an attempt whose journal cannot be opened, and exits", async (t) => {
  const { runner, place } = await setup(t);
  const journal = path.join(place.directory, "a-directory");
  mkdirSync(journal);
  runner.start({ prompt: "steps 1" }, { journal });
  await runner.closed;
  assert.ok(runner.messages.some((message) => message.type === "refused"));
});

test("a running attempt outlives its server, and a new server hears the rest", async (t) => {
  const { runner } = await setup(t);
  const attempt = runner.start({ prompt: "steps 20 delay 50" });
  await attempt.record("the second step", (record) => record.type === "user");
  runner.connection.close();
  const again = await connectRunner(runner.boot.socket);
  assert.ok(again);
  assert.equal(again.hello.attemptId, attempt.start.attemptId);
  assert.ok(again.hello.journalSize > 0);
  await new Promise<void>((resolve) => again.onClose(resolve));
  assert.equal(resultOf(attempt.records())?.["subtype"], "success");
});

test("an attempt that lost its server keeps its time limit by itself", async (t) => {
  const { runner } = await setup(t);
  const attempt = runner.start({ prompt: "steps 1 hang", timeoutMs: 1000 });
  await attempt.record("the step", (record) => record.type === "user");
  runner.connection.close();
  await until("the end of the runner", async () => (await identityOf(runner.pid)) === null);
  const records = attempt.records();
  assert.partialDeepStrictEqual(notesOf(records, "stop_requested"), [{ reason: "timed_out" }]);
  assert.partialDeepStrictEqual(records.at(-1), { subtype: "ended", stopRequested: "timed_out" });
});

test("an attempt leaves its time limit to the servers that are connected", async (t) => {
  const { runner } = await setup(t);
  // A server may know better: its clock counts the sleep of the machine.
  const attempt = runner.start({ prompt: "steps 20 delay 100", timeoutMs: 1000 });
  await attempt.record("the second step", (record) => record.type === "user");
  const second = await connectRunner(runner.boot.socket);
  assert.ok(second);
  runner.connection.close();
  await new Promise<void>((resolve) => second.onClose(resolve));
  assert.deepEqual(notesOf(attempt.records(), "stop_requested"), []);
  assert.equal(resultOf(attempt.records())?.["subtype"], "success");
});

test("a parked runner exits with its server's connection", async (t) => {
  const { runner } = await setup(t, { prewarm: true });
  await runner.parked();
  runner.connection.close();
  await until("the end of the runner", async () => (await identityOf(runner.pid)) === null);
  assert.equal(existsSync(runner.boot.socket), false);
});

test("a parked runner exits on request and ends its parked Claude Code", async (t) => {
  const { runner, place } = await setup(t, { prewarm: true });
  await runner.parked();
  runner.connection.send({ type: "leave" });
  await runner.closed;
  assert.ok(existsSync(path.join(place.home, ".fake-agent", "left")));
});

test("a later connection to a parked runner hears that it is parked", async (t) => {
  const { runner } = await setup(t, { prewarm: true });
  await runner.parked();
  const second = await connectRunner(runner.boot.socket);
  const heard: string[] = [];
  second?.onMessage((message) => heard.push(message.type));
  await until("the news", () => heard.includes("parked"));
  second?.close();
});

test("a runner that is asked to leave in the middle of an attempt stays", async (t) => {
  const { runner } = await setup(t);
  const attempt = runner.start({ prompt: "steps 3 delay 20" });
  runner.connection.send({ type: "leave" });
  assert.equal(resultOf(await attempt.ended())?.["subtype"], "success");
});

test("a malformed message ends its connection to the runner", async (t) => {
  const { runner } = await setup(t);
  const socket = connect(runner.boot.socket);
  socket.on("error", () => {});
  socket.write("this is no JSON\n");
  await new Promise<void>((resolve) => socket.once("close", () => resolve()).resume());
  assert.equal(resultOf(await runner.start({ prompt: "steps 1" }).ended())?.["subtype"], "success");
});

test("an error of the runner itself still ends the journal with the reason", async (t) => {
  const { runner } = await setup(t);
  const records = await runner.start({ prompt: "steps 1 throw" }).ended();
  assert.partialDeepStrictEqual(records.at(-1), { subtype: "ended", thrown: "the fake agent throws" });
});

test("processes that a finished agent left running are swept and recorded", async (t) => {
  const { runner, place } = await setup(t);
  const attempt = runner.start({ prompt: `steps 2 delay 200 spawn "echo $$ > pid; exec sleep 1000"` });
  const records = await attempt.ended();
  const pid = Number(readFileSync(path.join(place.work, "pid"), "utf8"));
  assert.equal(await identityOf(pid), null);
  assert.partialDeepStrictEqual(notesOf(records, "swept"), [{ processes: [{ pid, command: "sleep 1000", signal: "SIGTERM" }] }]);
});

test("a caller without free descriptors does not take the runner for dead", async (t) => {
  const { runner } = await setup(t);
  const program = `
    const { openSync } = await import("node:fs");
    const { connectRunner } = await import(${JSON.stringify(new URL("../../src/supervisor/runner-connection.ts", import.meta.url).href)});
    const ask = async () => connectRunner(process.argv[1]).then((connection) => (connection === null ? "dead" : "lives"), (error) => error.code);
    const before = await ask();
    try { for (;;) openSync("/dev/null"); } catch { console.log(before, await ask()); }
    process.exit();`;
  const limited = ["-c", `ulimit -n 128; exec "$0" --input-type=module -e "$1" "$2"`, process.execPath, program];
  const { stdout } = await promisify(execFile)("/bin/sh", [...limited, runner.boot.socket]);
  assert.equal(stdout, "lives EMFILE\n");
  assert.equal(await connectRunner(`${runner.boot.socket}-of-nobody`), null);
});
