/** src/agent/inbox.ts: what a conversation that stays open is told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Inbox } from "../../src/agent/inbox.ts";

/** What a reader got so far, and whether it is through. */
function reader(inbox: Inbox<string>) {
  const state = { got: [] as string[], isThrough: false };
  const read = async (): Promise<void> => {
    for await (const message of inbox) state.got.push(message);
    state.isThrough = true;
  };
  void read();
  return state;
}

test("inbox messages are read in order, also those that come while the reader waits", async () => {
  const inbox = new Inbox<string>();
  inbox.push("one");
  inbox.push("two");
  const state = reader(inbox);
  await nextTurn();
  assert.deepEqual(state, { got: ["one", "two"], isThrough: false });
  inbox.push("three");
  await nextTurn();
  inbox.push("four");
  await nextTurn();
  assert.deepEqual(state, { got: ["one", "two", "three", "four"], isThrough: false });
});

test("the inbox's end releases a reader behind the last message", async () => {
  const inbox = new Inbox<string>();
  const waiting = reader(inbox);
  await nextTurn();
  inbox.end();
  await nextTurn();
  assert.deepEqual(waiting, { got: [], isThrough: true });
  const full = new Inbox<string>();
  full.push("last");
  full.end();
  const later = reader(full);
  await nextTurn();
  assert.deepEqual(later, { got: ["last"], isThrough: true });
});
