import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ClaudeProcess } from "../../src/agent/claude-process.ts";
import { messagesOf } from "../../src/agent/query-messages.ts";
import { exited } from "../../testing/exited.ts";
import { slowExit } from "../../testing/slow-exit.ts";

const linuxOnly = { skip: process.platform !== "linux" && "only Linux tells" };
const success = { type: "result", subtype: "success", is_error: false };

/** A Node program in the place of Claude Code. */
function start(t: TestContext, program: string) {
  const claude = new ClaudeProcess(() => {});
  const child = claude.start({ command: process.execPath, args: ["-e", program], env: { PATH: process.env["PATH"] } });
  t.after(async () => {
    claude.kill("SIGKILL");
    await claude.ended;
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  return { claude, child, output: () => output };
}

test("all output of a process is read before its exit is reported", linuxOnly, async (t) => {
  const { claude, child, output } = start(t, `${slowExit} process.stdout.write("x".repeat(3_000_000), () => process.exit(0));`);
  let isTold = false;
  child.once("exit", () => (isTold = true));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  await claude.spent();
  assert.equal(isTold, false);
  assert.equal(output().length, 3_000_000);
  await claude.ended;
  assert.equal(isTold, false, "ended, too, by then");
  await exited(child);
});

test("a process that continues after its result has not ended", async (t) => {
  const { claude, child } = start(t, `console.log("the last word"); setInterval(() => {}, 1000);`);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  assert.equal(await claude.spent(), false);
  assert.equal(await Promise.race([claude.ended.then(() => "ended"), nextTurn("continues")]), "continues");
  child.kill("SIGKILL");
  await claude.ended;
});

test("all messages that were read before a process's end are passed on", async () => {
  const given = [success, ...Array.from({ length: 20 }, (_, index) => ({ type: "system", subtype: `late ${index}` }))];
  const seen = await all(messagesOf(never(given), { spent: () => Promise.resolve(true) }));
  assert.deepEqual(seen, given);
});

test("the end is not looked for after a failure or before a result", async () => {
  const failure = { ...success, subtype: "error_during_execution", is_error: true };
  const given = [{ type: "assistant" }, failure];
  const spent = (): Promise<boolean> => assert.fail("looked");
  assert.deepEqual(await all(messagesOf(ending(given), { spent })), given);
});

test("an end after a success does not count when another turn has begun", async () => {
  const failure = { ...success, subtype: "error_during_execution", is_error: true };
  const given = [success, { type: "assistant" }, failure];
  let look = (): void => {};
  const looked = new Promise<void>((resolve) => (look = resolve));
  async function* broken() {
    yield* ending(given);
    await looked;
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    throw new Error("exited with code 7");
  }
  const seen: object[] = [];
  const spent = async (): Promise<boolean> => {
    look();
    return await nextTurn(true);
  };
  await assert.rejects(
    async () => {
      for await (const message of messagesOf(broken(), { spent })) seen.push(message);
    },
    { message: "exited with code 7" },
  );
  assert.deepEqual(seen, given);
});

test("an error of the query after a success is thrown on", async () => {
  async function* broken() {
    yield success;
    await Promise.resolve();
    throw new Error("exited with code 1");
  }
  await assert.rejects(all(messagesOf(broken(), { spent: () => new Promise(() => {}) })), /code 1/);
});

test("a query is closed when its listener fails", async () => {
  let isClosed = false;
  async function* query() {
    try {
      yield* ending([{ type: "assistant" }, success]);
    } finally {
      isClosed = true;
    }
  }
  const listen = async (): Promise<void> => {
    for await (const message of messagesOf(query(), { spent: () => Promise.resolve(false) }))
      throw new Error(`cannot take ${message.type}`);
  };
  await assert.rejects(listen, /cannot take assistant/);
  assert.equal(isClosed, true);
});

async function all<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const message of messages) seen.push(message);
  return seen;
}

async function* ending<T>(messages: readonly T[]): AsyncGenerator<T> {
  for (const message of messages) yield await Promise.resolve(message);
}

/**
 * Gives the messages and then says nothing more, as the output of a process that is spent does
 * until its exit is told.
 */
async function* never<T>(messages: readonly T[]): AsyncGenerator<T> {
  yield* ending(messages);
  await new Promise(() => {});
}

test("a process is reaped once, and stays reaped", async (t) => {
  assert.equal(await new ClaudeProcess(() => {}).reaped, undefined, "none was started");
  for (const end of ["process.exit(0)", "process.exit(3)", "process.kill(process.pid, 'SIGKILL')"]) {
    const { claude, child } = start(t, end);
    await claude.reaped;
    assert.ok(child.exitCode !== null || child.signalCode !== null, end);
    const again = await Promise.race([claude.reaped.then(() => "reaped"), nextTurn("waits")]);
    assert.deepEqual([again, claude.hasDied], ["reaped", end !== "process.exit(0)"], end);
  }
});
