import assert from "node:assert/strict";
import { test } from "node:test";
import { entryOfMessage, hasMessage, lastEntry } from "../../src/config/transcript-entry.ts";
import { scratch } from "../../testing/scratch.ts";

test("a message of the model is found by its id, and not where others name it", async (t) => {
  const lines = [
    { type: "user", uuid: "u1", message: { content: "what is m1?" } },
    { type: "assistant", uuid: "a1", message: { id: "m1" } },
    { type: "assistant", uuid: "a2", message: { id: "m1" } },
    { type: "assistant", uuid: "s1", message: { id: "m1" }, isSidechain: true },
    { type: "attachment", uuid: "x1", attachment: { text: "m1" } },
    { type: "last-prompt", sessionId: "m1" },
  ];
  const file = scratch(t).file("session.jsonl", `${lines.map((line) => JSON.stringify(line)).join("\n")}\n{"uuid":"torn`);
  assert.equal(await entryOfMessage(file, "m1"), "a2");
  assert.equal(await entryOfMessage(file, "m2"), null);
  assert.equal(await lastEntry(file), "x1");
});

test("a person's message is found as a prompt and in a turn, not in other lines", async (t) => {
  const lines = [
    { type: "user", uuid: "k1" },
    { type: "attachment", uuid: "x1", attachment: { type: "queued_command", source_uuid: "k2" } },
    { type: "queue-operation", operation: "enqueue", content: "k3" },
    { type: "user", uuid: "k4", isSidechain: true },
    { type: "user", uuid: "k5", mergedSendUuids: ["k6", 7] },
  ];
  const file = scratch(t).file("session.jsonl", lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const found = await Promise.all(["k1", "k2", "k3", "k4", "k5", "k6"].map((key) => hasMessage(file, key)));
  assert.deepEqual(found, [true, true, false, false, true, true]);
});

test("a session without a conversation has no last entry", async (t) => {
  const file = scratch(t).file("session.jsonl", '{"type":"mode"}\nnull\n\n');
  assert.equal(await lastEntry(file), null);
});
