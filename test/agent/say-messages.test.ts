/** src/agent/say-messages.ts: messages to a Claude Code that runs, and those taken back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { SentMessage } from "../../src/domain/messages/message.ts";
import { OpenInput } from "../../src/agent/open-input.ts";
import { LiveMessages } from "../../src/agent/say-messages.ts";

const message = (key: string): SentMessage => ({ key, text: `text of ${key}`, continues: false, delivery: "next" });

/** Messages, what their Claude Code has got of them, and what it was asked. */
function setup() {
  const taken: string[] = [];
  const withdrawn: string[] = [];
  const got: string[] = [];
  const live = new LiveMessages({
    interrupt: () => Promise.resolve(),
    withdraw: async (key) => void withdrawn.push(key),
    takenBack: (key, by) => void taken.push(`${key} by ${by}`),
  });
  const open = (): OpenInput => {
    const input = new OpenInput();
    input.onMessages = (keys, fate) => keys.forEach((key) => live.hasBecome(key, fate));
    const read = async (): Promise<void> => {
      for await (const { uuid } of input.messages) got.push(String(uuid));
    };
    void read();
    live.open(input, null);
    return input;
  };
  const tells = (input: OpenInput, key: string, ...states: string[]): void =>
    states.forEach((state) => input.heard({ type: "command_lifecycle", command_uuid: key, state }));
  return { live, open, tells, taken, withdrawn, got };
}

test("a message that Claude Code did not get yet is taken back at once, and not said", async () => {
  const { live, open, taken, withdrawn, got } = setup();
  for (const key of ["before", "kept"]) live.add(message(key));
  live.unsay("before", "me");
  open();
  live.add(message("after"));
  live.unsay("after", "me");
  await nextTurn();
  assert.deepEqual([taken, withdrawn, got], [["before by me", "after by me"], [], ["kept"]]);
});

test("only a message that no turn has taken is taken back from the queue", async () => {
  const { live, open, tells, taken, withdrawn } = setup();
  const input = open();
  for (const key of ["queued", "begun", "held", "cut"]) live.add(message(key));
  await nextTurn();
  tells(input, "queued", "queued");
  tells(input, "begun", "queued");
  for (const key of ["queued", "begun", "held"]) live.unsay(key, "me");
  assert.deepEqual(withdrawn, ["queued", "begun", "held"]);
  tells(input, "queued", "cancelled");
  // The turn that took it was cut off.
  tells(input, "begun", "started", "cancelled");
  // It was not in the queue yet when it was to be removed.
  tells(input, "held", "queued");
  assert.deepEqual(withdrawn, ["queued", "begun", "held", "held"]);
  tells(input, "held", "cancelled");
  // Nobody has asked for it.
  tells(input, "cut", "queued", "cancelled");
  assert.deepEqual(taken, ["queued by me", "held by me"]);
  live.unsay("begun", "me");
  live.unsay("unknown", "me");
  assert.equal(withdrawn.length, 4);
});

test("a Claude Code that follows another gets no message that is taken back", async () => {
  const { live, open, tells, taken, got } = setup();
  const first = open();
  for (const key of ["gone", "lost"]) live.add(message(key));
  await nextTurn();
  live.unsay("gone", "me");
  tells(first, "gone", "cancelled");
  const second = open();
  await nextTurn();
  assert.deepEqual([taken, got], [["gone by me"], ["gone", "lost", "lost"]]);
  // The wish outlives the process that could not fulfil it.
  live.unsay("lost", "me");
  tells(second, "lost", "queued", "cancelled");
  assert.deepEqual(taken, ["gone by me", "lost by me"]);
});
