import assert from "node:assert/strict";
import { test } from "node:test";
import { finishedTurn } from "../../src/agent/finished-turn.ts";

test("only an answer that the model ended is a finished turn of a session", () => {
  const session = (stop: string | null) => [
    { type: "user", parent_tool_use_id: null, message: { content: "do it" } },
    { type: "assistant", parent_tool_use_id: null, message: { model: "m", stop_reason: stop, content: [{ type: "text", text: "half" }] } },
  ];
  for (const stop of ["end_turn", "stop_sequence"]) assert.partialDeepStrictEqual(finishedTurn("s", session(stop)), { result: "half" });
  for (const stop of [null, "pause_turn", "max_tokens", "compaction", "refusal", "a_new_word", "constructor"])
    assert.equal(finishedTurn("s", session(stop)), null, String(stop));
});

test("a turn that is read from the session brings its messages to be counted", () => {
  const answer = (id: string, text: string) => ({
    type: "assistant",
    parent_tool_use_id: null,
    message: { id, model: "m", stop_reason: "end_turn", content: [{ type: "text", text }] },
  });
  const prompt = { type: "user", parent_tool_use_id: null, message: { content: "do it" } };
  const messages = [prompt, answer("old", "x"), prompt, answer("msg_1", "a"), answer("msg_1", "b"), answer("msg_2", "c")];
  assert.deepEqual(finishedTurn("s", messages)?._message_ids, ["msg_1", "msg_2"]);
});
