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

test("only an answer that fitted its schema ends a turn of a task that has one", () => {
  const prompt = { type: "user", parent_tool_use_id: null, message: { content: "do it" } };
  const block = (id: string, content: object) => ({
    type: "assistant",
    parent_tool_use_id: null,
    message: { id, model: "m", content: [content] },
  });
  const call = (id: string, name: string, input: object) => block("msg_1", { type: "tool_use", id, name, input });
  const result = (id: string, isError: boolean) => ({
    type: "user",
    parent_tool_use_id: null,
    message: { content: [{ type: "tool_result", tool_use_id: id, ...(isError ? { is_error: true } : {}) }] },
  });
  const answer = call("a", "StructuredOutput", { n: 4 });
  const other = call("b", "Bash", { command: "ls" });
  const turn = (...messages: object[]) => finishedTurn("s", [prompt, ...messages] as Parameters<typeof finishedTurn>[1], true);
  assert.partialDeepStrictEqual(turn(answer, result("a", false)), { result: '{"n":4}', structured_output: { n: 4 }, num_turns: 1 });
  assert.partialDeepStrictEqual(turn(other, answer, result("a", false), result("b", true)), { structured_output: { n: 4 } });
  for (const unfinished of [
    [answer],
    [answer, result("a", true)],
    [answer, other, result("a", false)],
    [other, result("b", false)],
    [answer, result("a", false), prompt],
    [block("msg_2", { type: "text", text: "Four." })],
  ])
    assert.equal(turn(...unfinished), null, JSON.stringify(unfinished));
});
